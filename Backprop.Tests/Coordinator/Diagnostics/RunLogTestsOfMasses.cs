using System.Text.Json;
using Backprop.Coordinator.Diagnostics;
using Backprop.Coordinator.Diagnostics.Lines;
using Backprop.Shared.Primitives;

namespace Backprop.Tests.Coordinator.Diagnostics;

/// <summary>Lines that come in masses, and those that take others over.</summary>
public sealed class RunLogTestsOfMasses : RunLogTestsBase
{
    [Fact]
    public void Reassignments_are_one_line_a_second_and_the_rest_a_sum()
    {
        Lines(log =>
        {
            log.Workers.Reassigned(7, 4, 4, W3);
            log.Workers.Reassigned(7, 0, 2, W3);
            log.Workers.Reassigned(8, 0, 1, W3);
            Clock.Advance(0.9);
            log.Workers.Reassigned(9, 0, 1, W3);
            Clock.Advance(0.1);
            Clock.Advance(5);
            log.Workers.Reassigned(20, 1, 1, W3);
            log.Workers.Reassigned(21, 1, 1, W3);
        }).ShouldBe(
        [
            "info  shards 4 to 7 of step 7 again, by w3 (host-4711)",
            "warn  4 more shards again in the last second, 50 % of what was computed",
            "info  shards 1 to 1 of step 20 again, by w3 (host-4711)",
            "warn  1 more shard again in the last second, 12 % of what was computed",
        ]);
    }

    [Fact]
    public void Shards_that_were_computed_twice_are_no_line_where_they_cost_nothing()
    {
        Lines(log =>
        {
            for (var step = 1; step <= 20; step++)
            {
                log.Commit(Step(step, 1, 1, 1));
                log.Workers.Reassigned(step, 0, step <= 10 ? 1 : 0, W3);
            }

            Clock.Advance(1);
        }, Rules with { Steps = 1000, Samples = 1000, EvaluateEverySteps = 0 })
            .ShouldBe(["info  shards 0 to 0 of step 1 again, by w3 (host-4711)"], "9 of some 150");
    }

    [Fact]
    public void The_best_evaluation_of_a_second_is_shown_beside_the_newest()
    {
        void Act(LogScene log)
        {
            for (var step = 3; step <= 30; step += 3)
            {
                log.Commit(Step(step, step / 3, 10, 0.5));
                log.Evaluate(step, step / 3, new() { ["loss"] = step }, best: step is 3 or 12 or 15);
            }

            Clock.Advance(1);
        }

        var rules = Rules with { Steps = 3000, EvaluateEverySteps = 0 };
        Lines(Act, rules).Select(line => line[..line.IndexOf(" done", StringComparison.Ordinal)])
            .ShouldBe(["info  epoch 1/1000", "info  epoch 5/1000", "info  epoch 10/1000"]);
        Lines(Act, rules, LogDetail.Verbose).Length.ShouldBe(10);
        Lines(Act, rules, LogDetail.Quiet).ShouldBeEmpty();
    }

    [Fact]
    public void Quiet_leaves_warnings_and_failures() => Lines(
        log =>
        {
            log.Training.Said("resumed");
            log.Training.Warned("an odd column");
            log.Events.DidNotRun(20);
            log.Run.CannotGoOn(new UserException(ExitCode.Storage, "No room."));
        },
        detail: LogDetail.Quiet).ShouldBe(
        [
            "warn  an odd column",
            "warn  this process did not run for 20.0 s: it was stopped, or the machine was asleep or too busy; workers may have given it "
                + "up",
            "fail  No room.",
        ]);

    [Fact]
    public void A_worker_that_is_overtaken_is_named_with_what_it_is_known_to_do()
    {
        var late = new WorkerInfo(5, "host-4712", "127.0.0.1:52115", 1);
        var doing = new WorkerDoing { Silence = TimeSpan.FromSeconds(0.2), Orders = 0, Parts = 4, PartsSent = 4, GradientCome = 0 };
        void Act(LogScene log) => log.Workers.Reassigned(7, 4, 4, W3, late, doing);

        Lines(Act).ShouldBe(
        [
            "info  shards 4 to 7 of step 7 again, by w3 (host-4711), because w5 (host-4712) is late: it is computing, heard 0.2 s ago",
        ]);
        JsonDocument.Parse(Written(LogFormat.Json, Rules, Act)).RootElement.GetProperty("because").GetString()
            .ShouldBe("w5 (host-4712) is late: it is computing, heard 0.2 s ago");
    }

    [Fact]
    public void Strangers_are_one_line_a_second_for_each_reason()
    {
        Lines(log =>
        {
            for (var i = 0; i < 4; i++)
            {
                log.Workers.Refused($"10.0.0.{i}:1", "it speaks HTTP", stranger: true);
                log.Workers.Refused($"10.0.0.{i}:1", "its token is wrong", stranger: false);
            }

            Clock.Advance(1);
        }).ShouldBe(
        [
            "warn  refused a stranger at 10.0.0.0:1: it speaks HTTP",
            "warn  refused a worker at 10.0.0.0:1: its token is wrong",
            "warn  refused 3 more strangers: it speaks HTTP",
            "warn  refused 3 more workers: its token is wrong",
        ], ignoreOrder: true);
    }

    [Fact]
    public void Reasons_without_end_do_not_make_lines_without_end()
    {
        var lines = Lines(log =>
        {
            for (var i = 0; i < 1000; i++)
            {
                log.Workers.Refused("10.0.0.1:1", $"reason {i}", stranger: true);
            }

            Clock.Advance(1);
        });

        lines.Length.ShouldBe(32 + 2);
        lines[^1].ShouldBe("warn  refused 967 more strangers: for other reasons");
    }

    [Fact]
    public void People_see_one_epoch_and_one_checkpoint_a_second_the_newest_and_machines_see_all()
    {
        void Act(LogScene log)
        {
            for (var step = 3; step <= 300; step += 3)
            {
                log.Commit(Step(step, step / 3, 10, 0.5));
                log.Evaluate(step, step / 3, [], best: false);
                log.Training.Durable(step, "f");
                Clock.Advance(0.02);
            }

            log.Training.NotDurable(303, "The disk is full.");
            log.Run.Ended(TheSummary, "runs/digits", ExitCode.Drained, null);
        }

        var rules = Rules with { Steps = 3000, EvaluateEverySteps = 0 };
        var lines = Lines(Act, rules).Select(line => string.Join(' ', line.Split(' ').Take(4))).ToArray();
        lines.ShouldBe(
        [
            "info  epoch 1/1000", "info  checkpoint 3",
            "info  epoch 50/1000", "info  checkpoint 150",
            "info  epoch 100/1000", "info  checkpoint 300",
            "warn  checkpoint 303", "info  stopped after",
        ]);
        var all = Written(LogFormat.Json, rules, Act);
        (all.Split("EpochDone").Length - 1, all.Split("CheckpointDurable").Length - 1).ShouldBe((100, 100));
    }
}
