using Backprop.Coordinator.Cluster.Links;
using Backprop.Shared.Protocol;

namespace Backprop.Coordinator.Cluster;

/// <summary>Tells workers that the run is over. Who reads it closes; to close first could make it lose what was said.</summary>
internal sealed class Goodbye(Liveness liveness, TimeProvider time)
{
    /// <summary>How long it may take to tell a worker.</summary>
    private static readonly TimeSpan SayingLimit = TimeSpan.FromSeconds(1);

    /// <summary>How long workers that still live may take to hear it.</summary>
    private static readonly TimeSpan HearingLimit = TimeSpan.FromSeconds(10);

    /// <summary>Tells them, and waits until they have heard it.</summary>
    /// <param name="status">How the run ended, in a word.</param>
    public void Say(WorkerLink[] workers, string status)
    {
        var finished = new Finished { Status = status };
        var told = Array.FindAll(workers, link => link.Finish(FrameKind.Finished, finished, SayingLimit));
        var said = time.GetTimestamp();
        foreach (var link in told)
        {
            AwaitEnd(link, said);
        }
    }

    /// <summary>
    /// Where the network is slow or loses much, what was said is seconds on its way; who has fallen silent is not waited for.
    /// </summary>
    private void AwaitEnd(WorkerLink link, long said)
    {
        while (time.GetElapsedTime(said) < HearingLimit && time.GetElapsedTime(link.HeardAt) < liveness.Silence)
        {
            if (link.AwaitEnd(liveness.Heartbeat))
            {
                return;
            }
        }
    }
}
