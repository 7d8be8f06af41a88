namespace Backprop.Coordinator.Cluster.Record;

/// <summary>The ids of those whose majority decides: nodes, and at most one witness.</summary>
internal static class Voter
{
    /// <summary>A witness' id begins so; a node's never does.</summary>
    public const string WitnessPrefix = "witness-";

    /// <summary>Whether it is a folder, which promises and counts but never leads.</summary>
    public static bool IsWitness(string id) => id.StartsWith(WitnessPrefix, StringComparison.Ordinal);
}
