using Backprop.Coordinator.Diagnostics;
using Backprop.Shared.Primitives;

namespace Backprop.Coordinator.Cluster.Nodes;

/// <summary>What a node's status page shows: the run that it coordinates, or that there is none.</summary>
internal sealed class NodeStatus(Coordination coordination) : IStatusSource
{
    /// <inheritdoc/>
    public ClusterStatus Read() => coordination.Run?.Status ?? Without(coordination.IsMember ? "idle" : "joining");

    private static ClusterStatus Without(string phase) => new()
    {
        Run = "",
        Identity = "",
        Version = ProgramVersion.Text,
        Phase = phase,
        Step = 0,
        Steps = 0,
        Epoch = 0,
        Epochs = 0,
        Loss = double.NaN,
        StepLoss = double.NaN,
        Rate = double.NaN,
        Evaluation = new Dictionary<string, double>(),
        Best = new Dictionary<string, double>(),
        BestStep = 0,
        CheckpointStep = 0,
        SamplesPerSecond = 0,
        SecondsLeft = 0,
        MedianStepMilliseconds = 0,
        P95StepMilliseconds = 0,
        WorkersMinimum = 0,
        WorkersMaximum = 0,
        WorkersPresent = 0,
        StepsCommitted = 0,
        SamplesCommitted = 0,
        SecondsTraining = 0,
        BytesSent = 0,
        BytesReceived = 0,
        WorkersJoined = 0,
        WorkersLost = 0,
        ShardsComputedAgain = 0,
        AnswersDropped = 0,
        Workers = [],
    };
}
