using Backprop.Coordinator.Shell;
using Backprop.Tests.TestUtilities;

namespace Backprop.Tests.Coordinator.Shell;

public sealed class StepClockTests
{
    private readonly ManualClock _clock = new();
    private readonly StepClock _step;

    public StepClockTests() => _step = new StepClock(_clock);

    [Fact]
    public void A_step_runs_from_the_end_of_the_one_before_but_for_what_came_between()
    {
        _step.Begin(anew: false);
        _clock.Advance(1);
        End().ShouldBe(1000);

        _clock.Advance(2);
        _step.Begin(anew: false);
        _clock.Advance(1);
        End().ShouldBe(3000);

        _clock.Advance(2);
        _step.Begin(anew: true);
        _clock.Advance(1);
        End().ShouldBe(1000);
    }

    [Fact]
    public void Waiting_for_workers_is_no_part_of_it()
    {
        _step.StandsStill(true);
        _clock.Advance(60);
        _step.StandsStill(false);
        _step.Begin(anew: false);
        _clock.Advance(1);

        // All of them are lost in the middle of the step, and somebody comes after 17 s.
        _step.StandsStill(true);
        _clock.Advance(17);
        _step.StandsStill(true);
        _step.StandsStill(false);
        _clock.Advance(0.5);

        End().ShouldBe(1500);
    }

    [Fact]
    public void Nor_is_the_time_in_which_the_process_did_not_run()
    {
        _step.Begin(anew: false);
        _clock.Advance(21);
        _step.DidNotRun(TimeSpan.FromSeconds(20));
        End().ShouldBe(1000);

        _step.DidNotRun(TimeSpan.FromSeconds(20));
        End().ShouldBe(0, "it did not run before this step");
    }

    private double End()
    {
        var now = _clock.GetTimestamp();
        var taken = _step.Milliseconds(now);
        _step.End(now);
        return taken;
    }
}
