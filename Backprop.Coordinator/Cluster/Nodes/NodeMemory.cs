using System.Text.Json.Serialization;
using Backprop.Shared.Protocol;

namespace Backprop.Coordinator.Cluster.Nodes;

/// <summary>What a node keeps of itself and of its cluster.</summary>
internal sealed record NodeMemory
{
    /// <summary>The node's id.</summary>
    public string Node { get; init; } = "";

    /// <summary>Its cluster's id; empty before the first.</summary>
    public string Cluster { get; init; } = "";

    /// <summary>
    /// The id of its cluster's record, which stays the same however often the cluster is formed anew; empty before the first.
    /// </summary>
    public string Record { get; init; } = "";

    /// <summary>It keeps a copy of that record. Were the copy gone, its word would be worth nothing.</summary>
    public bool KeepsRecord { get; init; }

    /// <summary>The highest term that it has heard of.</summary>
    public long Term { get; init; }

    /// <summary>The name of the node that held it.</summary>
    public string Holder { get; init; } = "";

    /// <summary>The other nodes, by id. A node that has left stays: it may be all that is left.</summary>
    public IReadOnlyDictionary<string, KnownNode> Peers { get; init; } =
        new SortedDictionary<string, KnownNode>(StringComparer.Ordinal);
}

/// <summary>What is remembered of another node.</summary>
/// <param name="Address">Its base port.</param>
/// <param name="MayCoordinate">It has the role coordinator.</param>
internal sealed record KnownNode(string Address, bool MayCoordinate);

/// <summary>A node that can be asked.</summary>
/// <param name="Address">Its base port.</param>
/// <param name="MayCoordinate">It has the role coordinator, or nothing is known of it.</param>
internal readonly record struct NodePeer(HostPort Address, bool MayCoordinate);

/// <summary>How it is written.</summary>
[JsonSerializable(typeof(NodeMemory))]
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true, RespectNullableAnnotations = true)]
internal sealed partial class NodeMemoryJson : JsonSerializerContext;
