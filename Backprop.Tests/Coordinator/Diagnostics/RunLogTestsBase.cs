using Backprop.Coordinator.Core;
using Backprop.Coordinator.Diagnostics;
using Backprop.Coordinator.Diagnostics.Lines;
using Backprop.Coordinator.Storage;
using Backprop.Coordinator.Training;
using Backprop.Tests.TestUtilities;

namespace Backprop.Tests.Coordinator.Diagnostics;

/// <summary>What a run's logs write for what they are told, on a clock that stands until it is moved.</summary>
public abstract class RunLogTestsBase
{
    private protected static readonly Rules Rules = new()
    {
        Steps = 6,
        Samples = 10,
        Batch = 4,
        Shards = 8,
        EvaluateEveryEpochs = 1,
        EvaluateEverySteps = 4,
        EvaluationBlocks = 1,
    };

    private protected static readonly WorkerInfo W3 = new(3, "host-4711", "127.0.0.1:52114", 2);

    /// <summary>The time of the lines.</summary>
    private protected ManualClock Clock { get; } = new();

    private protected string[] Lines(Action<LogScene> acts, Rules? rules = null, LogDetail detail = LogDetail.Normal) =>
    [
        .. Written(LogFormat.Text, rules ?? Rules, acts, detail)
            .Split(Environment.NewLine, StringSplitOptions.RemoveEmptyEntries).Select(line => line["12:00:00  ".Length..]),
    ];

    private protected string Written(LogFormat format, Rules rules, Action<LogScene> acts, LogDetail detail = LogDetail.Normal)
    {
        var text = new StringWriter();
        using (var log = new LogScene(text, rules, Clock, format, detail))
        {
            acts(log);
        }

        return text.ToString();
    }

    private protected static StepReport Step(int step, int epoch, int samples, double loss) =>
        new(step, epoch, samples, loss, 0.003, 1, 0, 0, 0, 10);

    private protected static Summary TheSummary => new()
    {
        Status = RunStatus.Stopped,
        Steps = 3,
        Epochs = 1,
        Samples = 10,
        Loss = 0.123456,
        Evaluation = new Dictionary<string, double> { ["loss"] = 0.2, ["accuracy"] = 0.975 },
        WeightsSha256 = "ab12",
        SamplesPerSecond = 12345.6,
        StepMilliseconds = new StepMilliseconds(0.25, 0.5),
        SecondsTraining = 3.5,
        Workers = 2,
        NumericsVersion = 1,
    };
}
