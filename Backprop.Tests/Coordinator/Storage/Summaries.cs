using Backprop.Coordinator.Storage;

namespace Backprop.Tests.Coordinator.Storage;

internal static class Summaries
{
    /// <summary>What a run of 30 epochs leaves, whose best weights are not its last.</summary>
    public static Summary Completed { get; } = new()
    {
        Status = RunStatus.Completed,
        Steps = 690,
        Epochs = 30,
        Samples = 43140,
        Loss = 0.1,
        Evaluation = new Dictionary<string, double> { ["loss"] = 0.2, ["accuracy"] = 0.975 },
        EvaluationStep = 690,
        Best = new BestEvaluation(
            368, 16, new Dictionary<string, double> { ["loss"] = 0.11, ["accuracy"] = 0.98 }, "checkpoints/step-00000368.safetensors"),
        Checkpoint = "checkpoints/step-00000690.safetensors",
        WeightsSha256 = "ab12",
        SamplesPerSecond = 12345.5,
        StepMilliseconds = new StepMilliseconds(0.25, 0.5),
        SecondsTraining = 3.5,
        Workers = 2,
        NumericsVersion = 1,
    };
}
