using Backprop.Coordinator.Cluster;
using Backprop.Tests.TestUtilities;

namespace Backprop.Tests.Coordinator.Cluster;

public sealed class RunningClockTests
{
    private readonly ManualClock _wall = new();

    [Fact]
    public void While_it_runs_it_is_the_clock_on_the_wall()
    {
        using var clock = new RunningClock(_wall);

        Run(300);

        clock.Now.TotalSeconds.ShouldBe(30, 1e-6);
        clock.TakeGap().ShouldBe(TimeSpan.Zero);
    }

    [Fact]
    public void Time_in_which_it_did_not_run_does_not_count_and_is_told_once()
    {
        using var clock = new RunningClock(_wall);
        Run(10);

        _wall.Advance(20);
        Run(10);

        clock.Now.TotalSeconds.ShouldBe(2, 1e-6);
        clock.TakeGap().TotalSeconds.ShouldBe(20, 0.2);
        clock.TakeGap().ShouldBe(TimeSpan.Zero);
    }

    [Fact]
    public void Who_looks_first_after_a_stop_sees_no_leap()
    {
        using var clock = new RunningClock(_wall);
        var before = clock.Now;
        _wall.Leap(20);

        (clock.Now - before).ShouldBe(TimeSpan.Zero);
        clock.TakeGap().ShouldBe(TimeSpan.FromSeconds(20));
    }

    /// <summary>Tenths of a second go by, with the process there.</summary>
    private void Run(int tenths)
    {
        for (var i = 0; i < tenths; i++)
        {
            _wall.Advance(0.1);
        }
    }
}
