using System.Net.Sockets;
using System.Security.Cryptography;
using Backprop.Shared.Primitives;
using Backprop.Shared.Protocol;
using Backprop.Shared.Runs;
using Backprop.Worker.Protocol;
using Google.Protobuf;
using Grpc.Net.Client;

namespace Backprop.Benchmarks;

/// <summary>
/// Many workers in one process that compute nothing. Each has a link and a thread that reads it; one timer sends all heartbeats.
/// </summary>
internal sealed class SessionCrowd : IDisposable
{
    private const int StackBytes = 256 << 10;
    private readonly HostPort _address;
    private readonly TimeProvider _time;
    private readonly GrpcChannel _channel;
    private readonly Cluster.ClusterClient _client;
    private readonly List<Session> _sessions = [];
    private readonly ITimer _heart;
    private long _step;

    /// <param name="address">Where workers ask.</param>
    public SessionCrowd(HostPort address, TimeProvider time)
    {
        (_address, _time) = (address, time);
        _channel = GrpcChannel.ForAddress($"http://{address}");
        _client = new Cluster.ClusterClient(_channel);
        _heart = time.CreateTimer(_ => Beat(), null, TimeSpan.FromSeconds(0.5), TimeSpan.FromSeconds(0.5));
    }

    /// <summary>The newest step that somebody was given a span of.</summary>
    public long Step => Volatile.Read(ref _step);

    /// <summary>One more takes part.</summary>
    /// <exception cref="UserException">It may not.</exception>
    public void Join()
    {
        var reply = _client.Join(new JoinRequest
        {
            Protocol = FrameFormat.ProtocolVersion,
            Numerics = NumericsVersion.Current,
            Version = ProgramVersion.Text,
            Name = "idle",
            Instance = ByteString.CopyFrom(RandomNumberGenerator.GetBytes(JoinCheck.InstanceBytes)),
            Incarnation = 1,
            Slots = 1,
        });
        if (reply.Refusal is { } refusal)
        {
            throw Refusals.ToException(refusal);
        }

        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        socket.Connect(_address.Host, reply.LinkPort);
        var session = new Session(new FrameLink(socket, new FrameScanner(FrameLimits.Coordinator), _time), this);
        session.Begin(new Open { Ticket = reply.Ticket, Term = reply.Term });
        lock (_sessions)
        {
            _sessions.Add(session);
        }

        new Thread(session.Serve, StackBytes) { IsBackground = true, Name = "session" }.Start();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _heart.Dispose();
        lock (_sessions)
        {
            _sessions.ForEach(session => session.Close());
        }

        _channel.Dispose();
    }

    private void Beat()
    {
        Session[] all;
        lock (_sessions)
        {
            all = [.. _sessions];
        }

        Array.ForEach(all, session => session.Beat());
    }

    /// <summary>One of them.</summary>
    private sealed class Session(FrameLink link, SessionCrowd crowd)
    {
        private static readonly Ready Ready = new() { Speed = 1000 };
        private static readonly Heartbeat Heartbeat = new();
        private readonly Lock _sending = new();
        private readonly StepEnvelopeReader _reader = new();
        private float[] _gradient = [];
        private StepEnvelope? _waiting;

        public void Begin(Open open)
        {
            link.Send(FrameKind.Open, open);
            link.Send(FrameKind.Ready, Ready);
        }

        public void Beat()
        {
            try
            {
                lock (_sending)
                {
                    link.Send(FrameKind.Heartbeat, Heartbeat);
                }
            }
            catch (LinkClosedException)
            {
                // The thread that reads has seen it, too.
            }
        }

        public void Close() => link.Close();

        /// <summary>Reads until the link ends.</summary>
        public void Serve()
        {
            try
            {
                while (true)
                {
                    var found = link.Receive();
                    Take(link.Scanner.Kind);
                    if (found == ScanEvent.Envelope)
                    {
                        link.Scanner.Skip();
                        link.Receive();
                    }
                }
            }
            catch (Exception over) when (over is LinkClosedException or ProtocolException)
            {
                link.Close();
            }
        }

        private void Take(FrameKind kind)
        {
            if (kind is FrameKind.Weights or FrameKind.AssignSpan)
            {
                var step = _reader.Read(link.Scanner.Envelope);
                if (kind == FrameKind.AssignSpan)
                {
                    _waiting = step.Clone();
                }
                else if (_gradient.Length < step.Start + step.Elements)
                {
                    _gradient = new float[step.Start + step.Elements];
                }
            }

            if (_waiting is { } order && _gradient.Length > 0)
            {
                _waiting = null;
                Volatile.Write(ref crowd._step, order.Step);
                Answer(order);
            }
        }

        /// <summary>A gradient of zeros, in one part: the model is small.</summary>
        private void Answer(StepEnvelope order)
        {
            order.Generation = 0;
            var part = order.Clone();
            part.Elements = _gradient.Length;
            (order.Loss, order.Finite) = (1, true);
            lock (_sending)
            {
                link.Send<float>(FrameKind.Gradient, part, _gradient);
                link.Send(FrameKind.SpanDone, order);
            }
        }
    }
}
