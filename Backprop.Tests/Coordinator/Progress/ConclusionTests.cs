using Backprop.Coordinator.Progress;
using Backprop.Coordinator.Storage;
using Backprop.Tests.Coordinator.Storage;

namespace Backprop.Tests.Coordinator.Progress;

public sealed class ConclusionTests
{
    private static readonly Summary Run = Summaries.Completed;

    [Fact]
    public void The_end_is_a_table_with_best_and_last_and_where_they_are() => Conclusion.Text(Run, "runs/digits").ShouldBe(
        """
        completed after step 690
        best    accuracy 98.00 %, loss 0.11, step 368: runs/digits/checkpoints/step-00000368.safetensors
        last    accuracy 97.50 %, loss 0.2, step 690: runs/digits/checkpoints/step-00000690.safetensors
        loss    0.1 in training, the mean of epoch 30
        time    3.50 s, 12,346 samples/s
        weights sha256 ab12
        record  runs/digits
        """.ReplaceLineEndings("\n"));

    [Fact]
    public void A_last_evaluation_that_is_the_best_is_one_line_and_a_lost_checkpoint_has_no_path()
    {
        var last = Run with { Best = new BestEvaluation(690, 30, Run.Evaluation, Run.Checkpoint) };
        Lines(last)[1..3].ShouldBe(
        [
            "best    accuracy 97.50 %, loss 0.2, step 690, the last: runs/digits/checkpoints/step-00000690.safetensors",
            "loss    0.1 in training, the mean of epoch 30",
        ]);

        Lines(Run with { Best = Run.Best! with { Checkpoint = null } })[1]
            .ShouldBe("best    accuracy 98.00 %, loss 0.11, step 368");
    }

    [Fact]
    public void A_run_without_a_step_has_no_loss()
    {
        var none = Run with
        {
            Status = RunStatus.Stopped,
            Steps = 0,
            Epochs = 0,
            Loss = double.NaN,
            Evaluation = new Dictionary<string, double>(),
            Best = null,
            Checkpoint = null,
        };

        Lines(none)[..2].ShouldBe(["stopped before the first step", "time    3.50 s, 12,346 samples/s"]);
    }

    [Fact]
    public void Before_the_first_epoch_is_over_the_loss_is_that_of_the_steps_so_far() =>
        Lines(Run with { Steps = 1, Epochs = 0 })[3].ShouldBe("loss    0.1 in training, the mean of 1 step");

    [Fact]
    public void Worker_processes_are_told_of()
    {
        var summary = Run with
        {
            WorkersJoined = 5,
            WorkersLost = 2,
            ShardsComputedAgain = 1,
            BytesSent = 2_345_678,
            BytesReceived = 999,
        };

        Lines(summary)[5].ShouldBe("workers 5 joined, 2 lost, 1 shard computed again, 2.35 MB sent, 999 B received");
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

    private static string[] Lines(Summary summary) => Conclusion.Text(summary, "runs/digits").Split('\n');
}
