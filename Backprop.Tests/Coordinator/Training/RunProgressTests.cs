using Backprop.Coordinator.Core;
using Backprop.Coordinator.Training;
using Backprop.Tests.Shared.Checkpoints;
using Backprop.Tests.TestUtilities;

namespace Backprop.Tests.Coordinator.Training;

/// <summary>Speed and time left are those of now.</summary>
public sealed class RunProgressTests
{
    // Three steps of an epoch have 4, 4 and 2 samples.
    private static readonly Rules Rules = new() { Steps = 1000, Samples = 10, Batch = 4, Shards = 8 };
    private readonly ManualClock _clock = new();
    private readonly RunProgress _progress;

    public RunProgressTests() => _progress = new RunProgress(Rules, _clock);

    [Fact]
    public void The_speed_is_that_of_the_last_ten_seconds()
    {
        Commit(1, 100, seconds: 0.1);
        Commit(101, 40, seconds: 1);

        _progress.SamplesPerSecond.ShouldBe(10 / 3.0, 0.1);
    }

    [Fact]
    public void Steps_that_take_longer_are_looked_at_three_at_a_time()
    {
        Commit(1, 5, seconds: 60);

        _progress.SamplesPerSecond.ShouldBe(10 / 180.0, 1e-9);
        _clock.Advance(59);
        _progress.SamplesPerSecond.ShouldBeGreaterThan(0);
    }

    [Fact]
    public void A_run_that_stands_has_no_speed_and_nobody_knows_how_long_it_will_take()
    {
        Commit(1, 40, seconds: 0.5);
        _progress.SecondsLeft.ShouldBeGreaterThan(0);

        _clock.Advance(11);

        (_progress.SamplesPerSecond, _progress.SecondsLeft).ShouldBe((0, double.NaN));
    }

    [Fact]
    public void What_is_left_is_counted_in_samples_not_in_nominal_batches()
    {
        // 10 samples in batches of 4 are steps of 4, 4 and 2: a thousand steps have 3,334 samples, not 4,000.
        Rules.SamplesUntil(1000).ShouldBe(3334);
        Commit(1, 600, seconds: 1);

        _progress.SecondsLeft.ShouldBe((3334 - 2000) / _progress.SamplesPerSecond, 1e-9);
    }

    [Fact]
    public void A_wait_is_no_part_of_the_speed_after_it()
    {
        Commit(1, 40, seconds: 0.5);
        _progress.Attended(0, needed: 1);
        (_progress.SamplesPerSecond, _progress.SecondsLeft).ShouldBe((0, double.NaN));
        _clock.Advance(7200);
        _progress.Attended(1, needed: 0);

        Commit(41, 40, seconds: 0.25);

        _progress.SamplesPerSecond.ShouldBe(10 / 0.75, 0.5);
    }

    [Fact]
    public void A_pause_is_no_part_of_it_either_nor_a_wait_that_goes_on_after_it()
    {
        Commit(1, 40, seconds: 0.5);
        _progress.Attended(1, needed: 0, isPaused: true);
        (_progress.SamplesPerSecond, _progress.SecondsLeft).ShouldBe((0, double.NaN));
        _clock.Advance(7200);
        _progress.Attended(0, needed: 1, isPaused: true);
        _progress.Attended(0, needed: 1, isPaused: false);
        _clock.Advance(7200);
        _progress.Attended(1, needed: 0);

        Commit(41, 40, seconds: 0.25);

        _progress.SamplesPerSecond.ShouldBe(10 / 0.75, 0.5);
    }

    [Fact]
    public void A_checkpoint_carries_loss_and_evaluations_over()
    {
        Commit(1, 4, seconds: 1);
        _progress.Evaluated(new(3, 1, new Dictionary<string, double> { ["loss"] = 2 }), best: true);
        _progress.Evaluated(new(4, 2, new Dictionary<string, double> { ["loss"] = 3 }), best: false);
        var kept = _progress.Into(Samples.Checkpoint(4));
        var resumed = new RunProgress(Rules, _clock);

        resumed.Begin(kept);

        (resumed.Loss, resumed.NewestLoss).ShouldBe((_progress.Loss, _progress.NewestLoss));
        (resumed.Last!.Step, resumed.Best!.Step).ShouldBe((4L, 3L));
    }

    private void Commit(int first, int count, double seconds)
    {
        for (var step = first; step < first + count; step++)
        {
            _clock.Advance(seconds);
            var samples = (int)(Rules.SamplesUntil(step) - Rules.SamplesUntil(step - 1));
            _progress.Committed(new StepReport { Step = step, Samples = samples, Loss = 1.0 / step });
        }
    }
}
