using Backprop.Coordinator.Cluster.Gradients;
using Backprop.Shared.Protocol;
using Backprop.Shared.Runs;

namespace Backprop.Coordinator.Cluster.Links;

/// <summary>What a connection needs of its run.</summary>
/// <param name="RunName">What the run is called.</param>
/// <param name="Offer">What workers are told of the run.</param>
/// <param name="Files">Reads the data files that they are offered.</param>
/// <param name="Shards">Shards of a batch.</param>
/// <param name="Liveness">How often a heartbeat is sent, and how long a silence is too long.</param>
/// <param name="Weights">What is sent to workers.</param>
/// <param name="Gradients">Where gradients arrive.</param>
/// <param name="Results">Where results of evaluation blocks arrive.</param>
/// <param name="Events">Told what happens on the connection.</param>
/// <param name="Time">The clock.</param>
internal sealed record LinkContext(
    string RunName,
    RunOffer Offer,
    FileChunks Files,
    int Shards,
    Liveness Liveness,
    PublishedWeights Weights,
    GradientTable Gradients,
    EvaluationResults Results,
    ILinkEvents Events,
    TimeProvider Time);
