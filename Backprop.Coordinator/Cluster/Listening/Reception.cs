using System.Net.Sockets;
using System.Security.Cryptography;
using Backprop.Coordinator.Diagnostics;
using Backprop.Shared.Primitives;
using Backprop.Shared.Protocol;
using Microsoft.Extensions.Logging;

namespace Backprop.Coordinator.Cluster.Listening;

/// <summary>
/// One thread listens and speaks with everybody who has not shown yet to be a worker. A stranger costs a socket and a few
/// hundred bytes until the limit of time or of places is reached, never a thread, and is told nothing but the challenge. Sockets are read
/// only when there is something to read, so nobody can make the others wait.
/// </summary>
internal sealed class Reception : IDisposable
{
    /// <summary>Beyond so many, the one that has waited longest is closed.</summary>
    private const int PendingMaximum = 512;

    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(100);
    private readonly AcceptPolicy _policy = new(BitConverter.ToUInt64(RandomNumberGenerator.GetBytes(sizeof(ulong))));
    private readonly Admission _admission;
    private readonly ClusterOptions _options;
    private readonly ILogger _log;
    private readonly WorkerLog _workerLog;
    private readonly TimeProvider _time;
    private readonly Socket _listener;
    private readonly List<PendingConnection> _pending = [];
    private readonly List<Socket> _readable = [];
    private readonly ManualResetEventSlim _over = new();
    private readonly Thread _thread;
    private readonly long _begun;

    /// <param name="listener">Where workers connect; the reception's from now on.</param>
    public Reception(
        Admission admission, ClusterOptions options, Socket listener, ILogger log, WorkerLog workerLog, TimeProvider time)
    {
        (_admission, _options, _listener, _log, _workerLog, _time) = (admission, options, listener, log, workerLog, time);
        Address = LinkAddress.Of(_listener);
        _begun = time.GetTimestamp();
        _thread = new Thread(Listen) { IsBackground = true, Name = "backprop reception" };
    }

    /// <summary>Where it listens.</summary>
    public LinkAddress Address { get; }

    public void Start()
    {
        _log.Listening(Address.ToString());
        _thread.Start();
    }

    public void Dispose()
    {
        if (!_over.IsSet)
        {
            _over.Set();
            if (_thread.IsAlive)
            {
                _thread.Join();
            }

            _listener.Dispose();
            _pending.ForEach(g => g.Socket.Dispose());
            _over.Dispose();
        }
    }

    private TimeSpan Now => _time.GetElapsedTime(_begun);

    private void Listen()
    {
        while (!_over.IsSet)
        {
            FindReadable();
            foreach (var socket in _readable)
            {
                if (socket == _listener)
                {
                    Accept();
                }
                else if (_pending.Find(g => g.Socket == socket) is { } pending)
                {
                    Hear(pending);
                }
            }

            for (var i = _pending.Count - 1; i >= 0; i--)
            {
                if (_time.GetElapsedTime(_pending[i].Since) > _options.HandshakeLimit)
                {
                    SendAway(_pending[i], "said nothing that a worker says", null);
                }
            }

            if (_policy.IsShort && _policy.IsOpen(Now))
            {
                LookAtReserve();
            }
        }
    }

    /// <summary>Waits, not for long, until somebody comes or says something.</summary>
    private void FindReadable()
    {
        _readable.Clear();
        if (_policy.IsOpen(Now))
        {
            _readable.Add(_listener);
        }

        foreach (var pending in _pending)
        {
            _readable.Add(pending.Socket);
        }

        if (_readable.Count == 0)
        {
            _over.Wait(LookEvery);
            return;
        }

        try
        {
            Socket.Select(_readable, null, null, LookEvery);
        }
        catch (SocketException)
        {
            // One of them is broken in a way that only reading it shows, or the system is short of memory.
            _over.Wait(LookEvery);
            _readable.RemoveAll(socket => !socket.Poll(0, SelectMode.SelectRead));
        }
    }

    private void Hear(PendingConnection pending)
    {
        try
        {
            if (pending.Link.TryReceive() == ScanEvent.None)
            {
                return;
            }

            if (pending.Link.Scanner.Kind != FrameKind.Hello)
            {
                throw new ProtocolException($"a {pending.Link.Scanner.Kind} frame instead of a greeting");
            }

            Judge(pending, Envelopes.Read(Hello.Parser, pending.Link.Scanner.Envelope));
        }
        catch (LinkClosedException)
        {
            Forget(pending).Dispose();
        }
        catch (ProtocolException violation)
        {
            SendAway(pending, Shown.Reason(violation), null);
        }
    }

    private void Judge(PendingConnection pending, Hello hello)
    {
        if (_admission.Judge(pending, hello, out var former) is { } verdict)
        {
            SendAway(pending, verdict.Reason, verdict.Words);
            return;
        }

        Forget(pending);
        pending.Link.Scanner.Limits = FrameLimits.Worker;
        _admission.Admit(pending, hello, former);
    }

    private void SendAway(PendingConnection pending, string reason, Refusal? words)
    {
        _workerLog.Refused(pending.Address, reason, stranger: words is null);
        if (words is not null && pending.Link.CanSendAtOnce(1024))
        {
            try
            {
                pending.Link.Send(FrameKind.Refusal, words);
            }
            catch (LinkClosedException)
            {
                // It did not wait for the answer.
            }
        }

        Forget(pending).Dispose();
    }

    private FrameLink Forget(PendingConnection pending)
    {
        _pending.Remove(pending);
        return pending.Link;
    }

    private void Accept()
    {
        Socket socket;
        try
        {
            socket = _listener.Accept();
        }
        catch (SocketException gone) when (gone.SocketErrorCode is SocketError.ConnectionAborted or SocketError.ConnectionReset)
        {
            return;
        }
        catch (SocketException problem)
        {
            Shortage(Shown.Reason(problem));
            return;
        }

        if (_pending.Count == PendingMaximum)
        {
            SendAway(_pending[0], $"{PendingMaximum} others wait", null);
        }

        var pending = new PendingConnection(socket, _options.Token, _time);
        try
        {
            pending.Link.Send(FrameKind.Challenge, pending.Challenge);
            _pending.Add(pending);
        }
        catch (LinkClosedException)
        {
            socket.Dispose();
        }

        LookAtReserve();
    }

    private void LookAtReserve()
    {
        if (!DescriptorReserve.IsThere())
        {
            Shortage("this process has no file descriptors left for them; allow it more (ulimit -n)");
        }
        else if (_policy.Enough(Now))
        {
            _log.DoorOpen();
        }
    }

    /// <summary>
    /// Nobody is let in for a while. The half of the pending connections that has waited longest makes room for what the run needs.
    /// </summary>
    private void Shortage(string reason)
    {
        if (_policy.Shortage(Now))
        {
            _log.DoorClosed(reason);
        }

        for (var leaving = (_pending.Count + 1) / 2; leaving > 0; leaving--)
        {
            SendAway(_pending[0], "there is no room for it", null);
        }
    }
}
