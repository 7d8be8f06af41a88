using System.Net.Sockets;
using Backprop.Coordinator.Cluster.Sessions;
using Backprop.Coordinator.Diagnostics;
using Backprop.Shared.Primitives;
using Backprop.Shared.Protocol;
using Microsoft.Extensions.Logging;

namespace Backprop.Coordinator.Cluster.Listening;

/// <summary>
/// One thread takes connections and waits for their first frame, which shows a ticket, or asks to join where the connection is local. A
/// stranger costs a socket and a few kilobytes for some seconds, never a thread, and is told nothing. Sockets are read only when there is
/// something to read, so nobody can make the others wait.
/// </summary>
internal sealed class LinkListener : IDisposable
{
    private const int RefusalBytes = 1024;
    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(100);
    private readonly AcceptPolicy _policy = new();
    private readonly WorkerSessions _sessions;
    private readonly TimeSpan _patience;
    private readonly ILogger _log;
    private readonly WorkerLog _workerLog;
    private readonly TimeProvider _time;
    private readonly Socket _listener;
    private readonly List<PendingConnection> _pending = [];
    private readonly List<Socket> _readable = [];
    private readonly ManualResetEventSlim _over = new();
    private readonly Thread _thread;
    private readonly long _begun;

    /// <param name="listener">Where links are opened; it outlives this.</param>
    /// <param name="patience">A connection whose first frame has not come after so long is closed.</param>
    public LinkListener(
        WorkerSessions sessions, Socket listener, TimeSpan patience, ILogger log, WorkerLog workerLog, TimeProvider time)
    {
        (_sessions, _listener, _patience, _log, _workerLog, _time) = (sessions, listener, patience, log, workerLog, time);
        _begun = time.GetTimestamp();
        _thread = new Thread(Listen) { IsBackground = true, Name = "backprop listener" };
    }

    public void Start() => _thread.Start();

    public void Dispose()
    {
        if (!_over.IsSet)
        {
            _over.Set();
            if (_thread.IsAlive)
            {
                _thread.Join();
            }

            _pending.ForEach(g => g.Link.Dispose());
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
                if (socket != _listener && _pending.Find(g => g.Socket == socket) is { } pending)
                {
                    Hear(pending);
                }
            }

            for (var i = _pending.Count - 1; i >= 0; i--)
            {
                if (_time.GetElapsedTime(_pending[i].Since) > _patience)
                {
                    SendAway(_pending[i], "said nothing that a worker says");
                }
            }

            // Last: who has come already is heard before anybody is closed for those who come now.
            if (_readable.Contains(_listener) && IsOpen())
            {
                Accept();
            }
        }
    }

    private bool IsOpen() =>
        _policy.IsOpen(Now, _pending.Count, _pending.Count == 0 ? TimeSpan.Zero : _time.GetElapsedTime(_pending[0].Since));

    /// <summary>Waits, not for long, until somebody comes or says something.</summary>
    private void FindReadable()
    {
        _readable.Clear();
        if (IsOpen())
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

            if (pending.Caller is null)
            {
                Join(pending, Envelopes.Read(JoinRequest.Parser, pending.Link.Scanner.Envelope));
            }
            else
            {
                Open(pending, Envelopes.Read(Backprop.Shared.Protocol.Open.Parser, pending.Link.Scanner.Envelope));
            }
        }
        catch (LinkClosedException)
        {
            Forget(pending).Dispose();
        }
        catch (ProtocolException violation)
        {
            SendAway(pending, Shown.Reason(violation));
        }
    }

    private void Open(PendingConnection pending, Open open)
    {
        pending.Link.Scanner.Limits = FrameLimits.Worker;
        if (_sessions.TryOpen(open, pending.Link, pending.Caller!))
        {
            Forget(pending);
        }
        else
        {
            SendAway(pending, "its ticket is none, used, too old, or another's");
        }
    }

    private void Join(PendingConnection pending, JoinRequest request)
    {
        if (!OwnProcesses.Includes(pending.Link.PeerProcess))
        {
            SendAway(pending, "is no process that this one started");
            return;
        }

        pending.Link.Scanner.Limits = FrameLimits.Worker;
        if (_sessions.TryJoin(request, pending.Link, pending.Address) is not { } refusal)
        {
            Forget(pending);
            return;
        }

        _workerLog.Refused(pending.Address, refusal.Reason, stranger: false);
        Say(pending.Link, refusal.Words);
        Forget(pending).Dispose();
    }

    private static void Say(FrameLink link, Refusal words)
    {
        if (link.CanSendAtOnce(RefusalBytes))
        {
            try
            {
                link.Send(FrameKind.Refusal, words);
            }
            catch (LinkClosedException)
            {
                // It did not wait for the answer.
            }
        }
    }

    private void SendAway(PendingConnection pending, string reason)
    {
        _workerLog.Refused(pending.Address, reason, stranger: true);
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
            if (_policy.Failed(Now))
            {
                _log.DoorClosed(Shown.Reason(problem));
            }

            return;
        }

        if (_pending.Count >= AcceptPolicy.PendingMaximum)
        {
            SendAway(_pending[0], $"{AcceptPolicy.PendingMaximum} others wait");
        }

        try
        {
            _pending.Add(new PendingConnection(socket, _time));
        }
        catch (SocketException)
        {
            // It is gone already.
            socket.Dispose();
        }
    }
}
