namespace Backprop.Coordinator.Cluster.Record;

/// <summary>What a cluster survives, and what it takes to survive more, in a sentence for who reads the log. Pure.</summary>
internal static class Advice
{
    /// <param name="voters">Those that decide.</param>
    /// <param name="candidates">How many nodes that may coordinate are there.</param>
    public static string Of(IReadOnlyList<string> voters, int candidates)
    {
        var nodes = voters.Count(voter => !Voter.IsWitness(voter));
        return nodes < voters.Count
            ? $"{nodes} nodes and a witness keep the cluster's record; {(voters.Count - 1) / 2} of them may fail, and a node that is left "
              + "goes on"
            : nodes >= VoterChoice.Fewest
            ? $"{nodes} nodes keep the cluster's record; {(nodes - 1) / 2} of them may die, and another takes over"
            : candidates >= 2
            ? $"{candidates} nodes may coordinate, one decides: its death stops the run until it is started again, or until "
              + "'backprop takeover' has another coordinate; with three such nodes, or with two and a folder that both are given as "
              + "--witness, another takes over by itself"
            : "one node may coordinate: its death stops the run until it is started again; with three such nodes, another takes over";
    }
}
