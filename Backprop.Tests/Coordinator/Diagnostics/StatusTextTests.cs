using Backprop.Coordinator.Diagnostics;

namespace Backprop.Tests.Coordinator.Diagnostics;

public sealed class StatusTextTests
{
    [Theory]
    [InlineData(0, "0 B")]
    [InlineData(999, "999 B")]
    [InlineData(1000, "1 kB")]
    [InlineData(999_499, "999 kB")]
    [InlineData(999_500, "1 MB")]
    [InlineData(1_234_567_890, "1.23 GB")]
    [InlineData(long.MaxValue, "9.22 EB")]
    public void Bytes_have_three_digits(long bytes, string text) => StatusText.Bytes(bytes).ShouldBe(text);

    [Fact]
    public void Before_the_first_step_what_is_not_known_is_not_shown()
    {
        var status = Shown.Status with
        {
            Phase = "waiting",
            Step = 0,
            Epoch = 0,
            Loss = double.NaN,
            Evaluation = new Dictionary<string, double>(),
            CheckpointStep = 0,
            StepsCommitted = 0,
        };

        var text = StatusText.Of(status);

        text.ShouldContain("step        0 of 690, epoch 0 of 30\ncheckpoint  none yet\n");
    }

    [Fact]
    public void No_workers_is_said() => StatusText.Table([]).ShouldBe("no workers\n");
}
