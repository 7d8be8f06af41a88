using Backprop.Coordinator.Diagnostics;

namespace Backprop.Tests.Coordinator.Diagnostics;

public sealed class StatusTextTests
{
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
            Best = new Dictionary<string, double>(),
            CheckpointStep = 0,
            StepsCommitted = 0,
        };

        var text = StatusText.Of(status);

        text.ShouldContain("step        0 of 690, epoch 0 of 30\ncheckpoint  none yet\n");
    }

    [Fact]
    public void No_workers_is_said() => StatusText.Table([]).ShouldBe("no workers\n");
}
