using Backprop.Coordinator.Cluster.Orders;
using Backprop.Coordinator.Cluster.Record;
using Backprop.Shared.Primitives;

namespace Backprop.Coordinator.Cluster.Nodes;

/// <summary>Whether a coordinator whose run ended because of its own disk, or of a fence, lets another go on with it. Pure.</summary>
internal static class Resignation
{
    /// <summary>
    /// A run is handed on for the sake of this node's disk until each voter has had it: what is wrong everywhere is wrong with the run.
    /// </summary>
    public static bool IsDue(ExitCode end, RecordState record, string run) => end switch
    {
        ExitCode.Fenced => true,
        ExitCode.Storage => record.Voters.Count >= VoterChoice.Fewest
            && TermsOf(record, run) < record.Voters.Count(voter => !Voter.IsWitness(voter)),
        _ => false,
    };

    /// <summary>So many terms were opened since the run's newest checkpoint, or its beginning.</summary>
    private static int TermsOf(RecordState record, string run)
    {
        var since = record.Log.FindLastIndex(entry => entry.What.Of == run && entry.What.Kind is EntryKind.Began or EntryKind.Durable);
        return record.Log.Skip(since + 1).Count(entry => entry.What.Kind == EntryKind.Term);
    }
}
