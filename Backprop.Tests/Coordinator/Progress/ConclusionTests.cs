using Backprop.Coordinator.Progress;
using Backprop.Coordinator.Storage;

namespace Backprop.Tests.Coordinator.Progress;

public sealed class ConclusionTests
{
    private static readonly Summary Summary = new()
    {
        Status = RunStatus.Completed,
        Steps = 690,
        Epochs = 30,
        Samples = 43140,
        Loss = 0.1,
        Evaluation = new Dictionary<string, double> { ["loss"] = 0.2, ["accuracy"] = 0.975 },
        WeightsSha256 = "ab12",
        SamplesPerSecond = 12345.5,
        StepMilliseconds = new StepMilliseconds(0.25, 0.5),
        SecondsTraining = 3.5,
        Workers = 2,
        NumericsVersion = 1,
    };

    [Fact]
    public void One_process_has_no_workers_to_tell_of() => Conclusion.Text(Summary, "runs/digits").ShouldBe(
        "completed after step 690: loss 0.1, accuracy 97.50 %, 3.50 s, 12,346 samples/s\nweights sha256 ab12\nrecord runs/digits");

    [Fact]
    public void Worker_processes_are_told_of()
    {
        var summary = Summary with
        {
            WorkersJoined = 5,
            WorkersLost = 2,
            ShardsComputedAgain = 7,
            BytesSent = 2_345_678,
            BytesReceived = 999,
        };

        Conclusion.Text(summary, "runs/digits").Split('\n')[1]
            .ShouldBe("workers 5 joined, 2 lost, 7 shards computed again, 2.35 MB sent, 999 B received");
    }

    [Theory]
    [InlineData(0, "0 B")]
    [InlineData(999, "999 B")]
    [InlineData(1000, "1 kB")]
    [InlineData(999_499, "999 kB")]
    [InlineData(999_500, "1 MB")]
    [InlineData(1_234_567_890, "1.23 GB")]
    [InlineData(long.MaxValue, "9.22 EB")]
    public void Bytes_have_three_digits(long bytes, string text) => Figures.Bytes(bytes).ShouldBe(text);
}
