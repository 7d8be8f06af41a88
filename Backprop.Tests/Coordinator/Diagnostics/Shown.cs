using Backprop.Coordinator.Diagnostics;

namespace Backprop.Tests.Coordinator.Diagnostics;

/// <summary>A status to show, of a run that goes well.</summary>
internal static class Shown
{
    public static readonly ClusterStatus Status = new()
    {
        Run = "digits",
        Identity = "6f1e22",
        Version = "0.1.0",
        Phase = "computing",
        Step = 512,
        Steps = 690,
        Epoch = 23,
        Epochs = 30,
        Loss = 0.18341,
        StepLoss = 0.1751,
        Rate = 0.003,
        Evaluation = new Dictionary<string, double> { ["loss"] = 0.2012, ["accuracy"] = 0.9462 },
        Best = new Dictionary<string, double> { ["loss"] = 0.1987, ["accuracy"] = 0.9521 },
        BestStep = 368,
        CheckpointStep = 400,
        SamplesPerSecond = 41_200,
        SecondsLeft = 276.5,
        MedianStepMilliseconds = 1.5,
        P95StepMilliseconds = 2.25,
        WorkersMinimum = 1,
        WorkersMaximum = 64,
        WorkersPresent = 2,
        StepsCommitted = 256,
        SamplesCommitted = 16_384,
        SecondsTraining = 0.512,
        BytesSent = 2_345_678,
        BytesReceived = 1_999,
        WorkersJoined = 3,
        WorkersLost = 1,
        ShardsComputedAgain = 4,
        AnswersDropped = 1,
        Workers = [Worker(1, "host-4711"), Worker(3, "host-4712") with { State = "preparing", SamplesPerSecond = 0 }],
    };

    public static WorkerStatus Worker(int id, string name) => new()
    {
        Id = id,
        Name = name,
        Address = "127.0.0.1:52114",
        State = "computing",
        Slots = 2,
        SamplesPerSecond = 20_600.5,
        Shards = 2048,
        BytesSent = 1_172_839,
        BytesReceived = 999,
        LastHeardSeconds = 0.04,
    };
}

/// <summary>Gives out what a test says.</summary>
internal sealed class FixedStatus(ClusterStatus status) : IStatusSource
{
    public ClusterStatus Status { get; set; } = status;

    public int Reads { get; private set; }

    public ClusterStatus Read()
    {
        Reads++;
        return Status;
    }
}
