using System.Text.Json.Serialization;

namespace Backprop.Coordinator.Cluster.Nodes;

/// <summary>What a node keeps of itself and of its cluster.</summary>
internal sealed record NodeMemory
{
    /// <summary>The node's id.</summary>
    public string Node { get; init; } = "";

    /// <summary>Its cluster's id; empty before the first.</summary>
    public string Cluster { get; init; } = "";

    /// <summary>The highest term that it has heard of.</summary>
    public long Term { get; init; }

    /// <summary>The name of the node that held it.</summary>
    public string Holder { get; init; } = "";

    /// <summary>The other nodes' base ports, by id. A node that has left stays: it may be all that is left.</summary>
    public IReadOnlyDictionary<string, string> Peers { get; init; } = new SortedDictionary<string, string>(StringComparer.Ordinal);
}

/// <summary>How it is written.</summary>
[JsonSerializable(typeof(NodeMemory))]
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true)]
internal sealed partial class NodeMemoryJson : JsonSerializerContext;
