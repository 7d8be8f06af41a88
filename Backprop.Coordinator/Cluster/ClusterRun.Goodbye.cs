using Backprop.Shared.Protocol;

namespace Backprop.Coordinator.Cluster;

/// <summary>The end of the run, for its workers.</summary>
internal sealed partial class ClusterRun
{
    /// <summary>How long it may take to tell a worker that the run is over.</summary>
    private static readonly TimeSpan GoodbyeLimit = TimeSpan.FromSeconds(1);

    /// <summary>How long workers that still live may take to hear it.</summary>
    private static readonly TimeSpan HearingLimit = TimeSpan.FromSeconds(10);

    /// <summary>Tells everybody that the run is over. Who reads it closes; to close first could make it lose what was said.</summary>
    private void SayGoodbye()
    {
        var links = _links.Values.ToArray();
        var goodbye = new Finished { Status = Outcome.ToString().ToLowerInvariant() };
        var told = Array.FindAll(links, link => link.Finish(FrameKind.Finished, goodbye, GoodbyeLimit));
        var said = Time.GetTimestamp();
        foreach (var link in told)
        {
            AwaitEnd(link, said);
        }

        foreach (var link in links)
        {
            link.Close("the run is over");
            link.Join();
        }
    }

    /// <summary>
    /// Where the network is slow or loses much, what was said is seconds on its way; who has fallen silent is not waited for.
    /// </summary>
    private void AwaitEnd(WorkerLink link, long said)
    {
        while (Time.GetElapsedTime(said) < HearingLimit && Time.GetElapsedTime(link.HeardAt) < Options.Liveness.Silence)
        {
            if (link.AwaitEnd(Options.Liveness.Heartbeat))
            {
                return;
            }
        }
    }
}
