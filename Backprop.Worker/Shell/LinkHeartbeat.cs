using Backprop.Shared.Protocol;

namespace Backprop.Worker.Shell;

/// <summary>
/// Keeps a connection alive while its thread computes, and closes it when the other side has fallen silent: then whoever waits for it ends.
/// </summary>
internal sealed class LinkHeartbeat : IDisposable
{
    // Monitor, because waiting needs a condition: a plain lock has none.
    private readonly object _gate = new();
    private readonly FrameLink _link;
    private readonly Liveness _liveness;
    private readonly TimeProvider _time;
    private readonly ITimer _watch;
    private readonly Thread _thread;
    private long _lookedAt;
    private bool _over;

    public LinkHeartbeat(FrameLink link, Liveness liveness, TimeProvider time)
    {
        (_link, _liveness, _time) = (link, liveness, time);
        _lookedAt = time.GetTimestamp();

        // Not the beating thread: that one may be waiting for a socket that takes no more.
        _watch = time.CreateTimer(_ => Look(), null, liveness.Silence / 8, liveness.Silence / 8);
        _thread = new Thread(Beat) { IsBackground = true, Name = "backprop heartbeat" };
        _thread.Start();
    }

    /// <summary>Why the connection was closed from here; null where it was not.</summary>
    public string? Reason { get; private set; }

    /// <summary>Ends it; the link must be closed, or not be stuck.</summary>
    public void Dispose()
    {
        _watch.Dispose();
        lock (_gate)
        {
            _over = true;
            Monitor.Pulse(_gate);
        }

        _thread.Join();
    }

    private void Look()
    {
        var now = _time.GetTimestamp();
        var sinceLook = _time.GetElapsedTime(Interlocked.Exchange(ref _lookedAt, now), now);
        var sinceHeard = _time.GetElapsedTime(_link.HeardAt, now);

        // What waits to be read was said; only the receiving thread is busy.
        if (_liveness.IsSilent(sinceHeard, sinceLook) && !_link.HasIncoming)
        {
            Reason = $"nothing was heard from the coordinator for {sinceHeard.TotalSeconds:F1} s";
            _link.Close();
        }
    }

    private void Beat()
    {
        var beat = new Heartbeat();
        try
        {
            while (true)
            {
                var sinceSent = _time.GetElapsedTime(_link.SentAt);
                if (_liveness.IsHeartbeatDue(sinceSent))
                {
                    _link.Send(FrameKind.Heartbeat, beat);
                    sinceSent = TimeSpan.Zero;
                }

                lock (_gate)
                {
                    if (_over)
                    {
                        return;
                    }

                    Monitor.Wait(_gate, _liveness.Heartbeat - sinceSent);
                    if (_over)
                    {
                        return;
                    }
                }
            }
        }
        catch (LinkClosedException)
        {
            // The receiving thread meets the same.
        }
    }
}
