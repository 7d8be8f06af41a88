using Backprop.Coordinator.Cluster.Gradients;
using Backprop.Shared.Protocol;

namespace Backprop.Coordinator.Cluster.Links;

/// <summary>What a connection needs of its run.</summary>
/// <param name="Run">The run as workers are offered it.</param>
/// <param name="Shards">Shards of a batch.</param>
/// <param name="Liveness">How often a heartbeat is sent, and how long a silence is too long.</param>
/// <param name="Weights">What is sent to workers.</param>
/// <param name="Gradients">Where gradients arrive.</param>
/// <param name="Results">Where results of evaluation blocks arrive.</param>
/// <param name="Events">Told what happens on the connection.</param>
/// <param name="Time">The clock.</param>
internal sealed record LinkContext(
    OfferedRun Run,
    int Shards,
    Liveness Liveness,
    PublishedWeights Weights,
    GradientTable Gradients,
    EvaluationResults Results,
    ILinkEvents Events,
    TimeProvider Time);
