using Backprop.Shared.Identity;
using Backprop.Shared.Protocol;

namespace Backprop.Coordinator.Cluster.Nodes;

/// <summary>What the command line says of a node.</summary>
internal sealed record NodeOptions
{
    /// <summary>The role of nodes that may coordinate.</summary>
    public const string Coordinator = "coordinator";

    /// <summary>The role of nodes that run worker processes.</summary>
    public const string Worker = "worker";

    /// <summary>What it is called; no other node of its cluster may be called the same.</summary>
    public required string Name { get; init; }

    /// <summary>The base port: gRPC; the next is Akka's, the one after that the tensor links'. Port 0: three free ones.</summary>
    public required HostPort Listen { get; init; }

    /// <summary>The host by which others reach this machine; null: the one that is listened on.</summary>
    public string? AdvertisedHost { get; init; }

    /// <summary>The base port by which others reach it; null: the one that is listened on.</summary>
    public int? AdvertisedPort { get; init; }

    /// <summary>What it may do.</summary>
    public required IReadOnlyList<string> Roles { get; init; }

    /// <summary>The base ports of nodes of the cluster that it is to join; none: it knows them, or is the first.</summary>
    public IReadOnlyList<HostPort> Seeds { get; init; } = [];

    /// <summary>How many worker processes it runs unless the cluster was scaled.</summary>
    public required int Workers { get; init; }

    /// <summary>It forms its cluster anew, if none of the nodes that it knows answers.</summary>
    public bool Bootstrap { get; init; }

    /// <summary>A folder that another node shares, which decides with both; null: there is none.</summary>
    public string? Witness { get; init; }

    /// <summary>What callers must know; null: whoever reaches the port is answered.</summary>
    public JoinToken? Token { get; init; }

    /// <summary>Where the token was read from, for the workers that it starts.</summary>
    public string? TokenFile { get; init; }

    /// <summary>What it shows of itself, and whom it believes; null: nothing, and all travels in the clear.</summary>
    public IdentityFolder? Identity { get; init; }

    /// <summary>How long it looks for the others before it says that it does, and before it forms its cluster anew.</summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>It may be reached from other machines although all travels in the clear.</summary>
    public bool IsInsecure { get; init; }

    /// <summary>What opening its ports takes.</summary>
    public ClusterOptions Ports => new()
    {
        Listen = Listen,
        Token = Token,
        Identity = Identity,
        IsInsecure = IsInsecure,
        WorkersMaximum = Orders.OrderJudge.WorkersMaximum,
    };

    /// <summary>It may coordinate.</summary>
    public bool MayCoordinate => Roles.Contains(Coordinator);

    /// <summary>It runs worker processes.</summary>
    public bool RunsWorkers => Roles.Contains(Worker);
}
