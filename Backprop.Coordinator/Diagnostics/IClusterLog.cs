namespace Backprop.Coordinator.Diagnostics;

/// <summary>What happens to a coordinator's workers, told as it happens: from any thread, and brief, for a step may be waiting.</summary>
internal interface IClusterLog
{
    /// <summary>Workers are awaited here.</summary>
    void Listening(string address);

    /// <summary>A worker is warm and takes part.</summary>
    /// <param name="present">How many workers there are now.</param>
    void Joined(WorkerInfo worker, int present);

    /// <summary>A worker left by its own wish, its shards handed back.</summary>
    void Left(WorkerInfo worker, int present);

    /// <summary>A worker is gone.</summary>
    /// <param name="reason">How that showed: a broken connection, silence, a wrong frame.</param>
    /// <param name="shards">How many shards it had not answered.</param>
    void Lost(WorkerInfo worker, string reason, int shards, int present);

    /// <summary>A worker connected again before its older connection was known to be dead.</summary>
    void Replaced(WorkerInfo older, WorkerInfo newer);

    /// <summary>Somebody was not let in. A stranger is who spoke another protocol, or had no right.</summary>
    void Refused(string address, string reason, bool stranger);

    /// <summary>Nobody new is let in for a while: the system has nothing left to make connections of.</summary>
    void DoorClosed(string reason);

    /// <summary>There is enough again.</summary>
    void DoorOpen();

    /// <summary>Shards are computed again, because an answer was lost, late or not finite.</summary>
    /// <param name="late">Who had them and is late; null where an answer was lost or not finite, which has been said.</param>
    /// <param name="doing">What that worker is known to do.</param>
    void Reassigned(int step, int first, int count, WorkerInfo to, WorkerInfo? late = null, WorkerDoing doing = default);

    /// <summary>A worker keeps a step waiting.</summary>
    /// <param name="milliseconds">How long already.</param>
    /// <param name="waitsFor">
    /// What is missing, and what the worker is known to do: "shards 4 to 7: it is computing, heard 0.1 s ago".
    /// </param>
    void Slow(WorkerInfo worker, int step, double milliseconds, string waitsFor);

    /// <summary>This process itself did not run: what workers seem to have done meanwhile may be its own doing.</summary>
    void DidNotRun(TimeSpan gap);

    /// <summary>There are too few workers; the run waits.</summary>
    void Waiting(int present, int needed);

    /// <summary>There are enough workers again.</summary>
    void Enough(int present);

    /// <summary>There are more workers than shards.</summary>
    void Idle(int idle, int shards);

    /// <summary>A worker gave a gradient that was not finite where another's was.</summary>
    /// <param name="times">How often so far.</param>
    void NotFinite(WorkerInfo worker, int times);

    /// <summary>A worker was sent away for that.</summary>
    void Dismissed(WorkerInfo worker);

    /// <summary>A layer threw in a worker.</summary>
    void Failed(WorkerInfo worker, string message);
}
