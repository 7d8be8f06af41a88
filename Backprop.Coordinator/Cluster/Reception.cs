using System.Net.Sockets;
using Backprop.Coordinator.Diagnostics;
using Backprop.Shared.Primitives;
using Backprop.Shared.Protocol;
using Microsoft.Extensions.Logging;

namespace Backprop.Coordinator.Cluster;

/// <summary>
/// The door: one thread listens and speaks with everybody who has not shown yet to be a worker. A stranger costs a socket and a few
/// hundred bytes until the limit of time or of places is reached, never a thread, and is told nothing but the challenge. Sockets are read
/// only when there is something to read, so nobody can make the others wait.
/// </summary>
internal sealed partial class Reception : IDisposable
{
    /// <summary>Beyond so many, the one that has waited longest is closed.</summary>
    private const int PendingMaximum = 512;

    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(100);
    private readonly ClusterRun _run;
    private readonly ILogger _log;
    private readonly WorkerLog _workerLog;
    private readonly Socket _listener;
    private readonly List<PendingConnection> _pending = [];
    private readonly List<Socket> _readable = [];
    private readonly ManualResetEventSlim _over = new();
    private readonly Thread _thread;
    private readonly long _begun;

    public Reception(ClusterRun run, Socket listener, ILogger log, WorkerLog workerLog)
    {
        (_run, _listener, _log, _workerLog) = (run, listener, log, workerLog);
        Address = LinkAddress.Of(_listener);
        _begun = run.Time.GetTimestamp();
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

    /// <summary>Opens the port that workers connect to.</summary>
    /// <exception cref="UserException">It cannot be opened, or must not be without a token (exit code 2).</exception>
    public static Socket Open(ClusterOptions options)
    {
        if (options.Token is null && !options.Listen.IsLoopback)
        {
            throw new UserException(
                ExitCode.Usage,
                $"{options.Listen.HostPort.Host} can be reached from other machines: "
                + "give workers a secret with --token-file, or listen on 127.0.0.1.");
        }

        var address = options.Listen.Resolve(ExitCode.Usage)[0];
        var socket = LinkAddress.NewSocket(address);
        try
        {
            // The runtime already lets a coordinator that is started again take the port although old connections linger. To ask for
            // ReuseAddress would let two coordinators share it, each with some of the workers.
            socket.Bind(address);
            socket.Listen(512);
            return socket;
        }
        catch (SocketException problem)
        {
            socket.Dispose();
            throw new UserException(
                ExitCode.Usage,
                $"{address} cannot be listened on: {Shown.Reason(problem)}; choose another with --listen HOST:PORT.",
                problem);
        }
    }

    private TimeSpan Now => _run.Time.GetElapsedTime(_begun);

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
                if (_run.Time.GetElapsedTime(_pending[i].Since) > _run.Options.HandshakeLimit)
                {
                    SendAway(_pending[i], "said nothing that a worker says", null);
                }
            }

            if (_door.IsShort && _door.IsOpen(Now))
            {
                LookAtReserve();
            }
        }
    }

    /// <summary>Waits, not for long, until somebody comes or says something.</summary>
    private void FindReadable()
    {
        _readable.Clear();
        if (_door.IsOpen(Now))
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
        if (HelloCheck.Check(pending.Challenge, hello, _run.Options.Token) is { } refusal)
        {
            SendAway(pending, refusal.Reason, refusal);
            return;
        }

        if (_run.WasDismissed(hello.Instance))
        {
            SendAway(
                pending,
                "it was dismissed",
                Refusals.Because(ExitCode.Dismissed, "This worker was dismissed: its gradients were not finite where others' were."));
            return;
        }

        var known = _run.FindInstance(hello.Instance);
        if (hello.Incarnation <= known?.Hello.Incarnation)
        {
            SendAway(
                pending,
                "a worker of its id is connected already",
                Refusals.Because(ExitCode.Usage, "A worker of this id is connected already; give each its own."));
            return;
        }

        if (!_run.MakePlace(known))
        {
            SendAway(
                pending,
                "too many are making ready already",
                Refusals.Because(ExitCode.TooFewWorkers, "There is no place for another worker: too many are making ready already."));
            return;
        }

        known?.Close("it came back on a new connection");

        Forget(pending);
        pending.Link.Scanner.Limits = FrameLimits.Worker;
        _run.Admit(pending.Link, pending.Challenge, hello, pending.Address, known);
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
}
