using System.Reflection;
using System.Text.Json;
using Backprop.Coordinator.Core;
using Backprop.Coordinator.Diagnostics;
using Backprop.Coordinator.Diagnostics.Lines;
using Backprop.Coordinator.Storage;
using Backprop.Shared.Primitives;
using Backprop.Shared.Runs;
using Microsoft.Extensions.Logging;

namespace Backprop.Tests.Coordinator.Diagnostics;

/// <summary>The lines of a run's log.</summary>
public sealed class RunLogTests : RunLogTestsBase
{
    [Fact]
    public void Membership_is_a_line_an_event()
    {
        Lines(log =>
        {
            log.Events.Listening("127.0.0.1:7400");
            log.Events.StatusPage("127.0.0.1:8470");
            log.Waiting(0, 2);
            log.Joined(W3, 2);
            log.Enough(2);
            log.Joined(W3, 3);
            log.Events.Replaced(3, 9, W3.Name, W3.Address);
            log.Events.Left(3, W3.Name, Counted.Workers(1));
            log.Events.Lost(3, W3.Name, "the connection broke", Counted.Shards(3), Counted.Workers(2));
            log.Workers.Slow(W3, 512, 812.4, "its answer to shards 4 to 7");
            log.Waiting(0, 2);
            log.Enough(2);
            log.Events.Idle(Counted.Workers(1), Counted.Shards(8));
            log.Events.NotFinite(3, W3.Name, new Counted(2, "time"));
            log.Events.Dismissed(3, W3.Name);
            log.Events.Failed(3, W3.Name, "Layer linear 2 threw.\nat line 7");
        }).ShouldBe(
        [
            "info  listening for workers on 127.0.0.1:7400",
            "info  status page on http://127.0.0.1:8470/status",
            "info  waiting: 0 workers, 2 needed",
            "info  joined w3 (host-4711, 127.0.0.1:52114, 2 slots); 2 workers",
            "info  enough: 2 workers; the run goes on",
            "info  joined w3 (host-4711, 127.0.0.1:52114, 2 slots); 3 workers",
            "info  w3 is now w9 (host-4711, 127.0.0.1:52114): it connected again",
            "info  left w3 (host-4711), as it wished; 1 worker",
            "warn  lost w3 (host-4711): the connection broke; 3 shards for others; 2 workers",
            "warn  slow w3 (host-4711): step 512 has waited 812 ms for its answer to shards 4 to 7",
            "warn  waiting: 0 workers, 2 needed",
            "info  enough again: 2 workers; the run goes on",
            "info  1 worker without work: there are only 8 shards; more shards (a new run) would use them",
            "warn  not finite: w3 (host-4711) gave a gradient that is finite elsewhere: 2 times",
            "warn  dismissed w3 (host-4711): too many gradients that were not finite",
            "fail  failed w3 (host-4711): Layer linear 2 threw. at line 7",
        ]);
    }

    [Fact]
    public void An_epoch_is_a_line_with_its_evaluation_and_single_steps_are_not()
    {
        var results = new Dictionary<string, double> { ["loss"] = 0.2012, ["accuracy"] = 0.9462 };
        Lines(log =>
        {
            log.Joined(W3, 2);
            log.Commit(Step(1, 1, 4, 1.0));
            log.Commit(Step(2, 1, 4, 0.5));
            log.Commit(Step(3, 1, 2, 0.25));
            log.Evaluate(3, 1, results, best: true);
            log.Commit(Step(4, 2, 4, 0.2));
            log.Evaluate(4, 2, results, best: false);
            log.Training.Durable(4, "runs/digits/checkpoints/step-4");
            log.Training.NotDurable(5, "The disk is full.");
            log.Commit(Step(5, 2, 4, 0.2));
            log.Commit(Step(6, 2, 2, 0.2));
        })[1..].ShouldBe(
        [
            "info  epoch 1/2 done: loss 0.6500, 333 samples/s, 2 workers; evaluated: loss 0.2012, accuracy 94.62 % (best)",
            "info  evaluated after step 4: loss 0.2012, accuracy 94.62 %",
            "info  checkpoint 4 durable: runs/digits/checkpoints/step-4",
            "warn  checkpoint 5 failed: The disk is full.",
            "info  epoch 2/2 done: loss 0.2000, 333 samples/s, 2 workers",
        ]);
    }

    [Fact]
    public void Between_epochs_there_is_a_line_at_most_every_ten_seconds()
    {
        Lines(log =>
        {
            log.Joined(W3, 1);
            for (var second = 0; second < 25; second++)
            {
                Clock.Advance(1);
                log.Commit(Step(1, 1, 4, 0.18341));
            }
        }, new Rules { Steps = 100_000, Samples = 4000, Batch = 4, Shards = 8 })[1..].ShouldBe(
        [
            "info  epoch 1/100, step 1/100000: loss 0.1834, rate 0.003, 4 samples/s, 1d 03:46:39 left, 1 worker",
            "info  epoch 1/100, step 1/100000: loss 0.1834, rate 0.003, 4 samples/s, 1d 03:46:39 left, 1 worker",
        ]);
    }

    [Fact]
    public void A_step_that_nobody_is_told_of_allocates_nothing()
    {
        var rules = Rules with { Steps = 1000, Samples = 10_000 };
        using var log = new LogScene(TextWriter.Null, rules, Clock);
        log.Commit(Step(1, 1, 4, 1));
        log.Workers.Reassigned(1, 0, 1, W3);
        log.Workers.Reassigned(1, 0, 1, W3);

        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var step = 2; step < 1000; step++)
        {
            log.Commit(Step(step, 1, 4, 1));
            log.Workers.Reassigned(step, 0, 1, W3);
        }

        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBe(0);
    }

    [Fact]
    public void The_last_line_is_the_end_whatever_was_still_held_back()
    {
        Lines(log =>
        {
            log.Commit(Step(3, 1, 4, 1.0));
            log.Workers.Reassigned(3, 0, 1, W3);
            log.Workers.Reassigned(3, 0, 1, W3);
            log.Events.Stopping();
            log.Run.Ended(TheSummary, "runs/digits", ExitCode.Drained, null);
        })[1..].ShouldBe(
        [
            "info  stopping after this step, with a checkpoint; once more leaves at once",
            "warn  1 more shard again in the last second, 12 % of what was computed",
            "info  epoch 1/2 done: loss 1.0000, 400 samples/s, 0 workers",
            "info  stopped after step 3: loss 0.12346; evaluated: loss 0.2, accuracy 97.50 %; 3.50 s, 12,346 samples/s; "
                + "weights sha256 ab12; record runs/digits",
        ]);
    }

    [Fact]
    public void A_bad_end_says_why()
    {
        Lines(log =>
        {
            var failure = new UserException(ExitCode.Diverged, "Too much.");
            log.Run.Ended(TheSummary with { Status = RunStatus.Diverged }, "runs/digits", ExitCode.Diverged, failure);
            log.Run.CannotGoOn(new UserException(ExitCode.Storage, "No room."));
        }).ShouldBe(["fail  diverged after step 3: Too much.", "fail  No room."]);
    }

    [Fact]
    public void The_end_for_machines_has_what_the_summary_has()
    {
        var text = Written(LogFormat.Json, Rules, log => log.Run.Ended(TheSummary, "runs/digits", ExitCode.Drained, null));
        var end = JsonDocument.Parse(text).RootElement;

        (end.GetProperty("id").GetInt32(), end.GetProperty("event").GetString()).ShouldBe((1005, "Ended"));
        (end.GetProperty("status").GetString(), end.GetProperty("exitCode").GetInt32()).ShouldBe(("stopped", 143));
        end.GetProperty("evaluation").GetProperty("accuracy").GetDouble().ShouldBe(0.975);
        (end.GetProperty("weightsSha256").GetString(), end.GetProperty("loss").GetDouble()).ShouldBe(("ab12", 0.123456));
    }

    [Fact]
    public void Every_line_for_machines_is_one_object_with_every_name_once()
    {
        var lines = Written(LogFormat.Json, Rules, log =>
        {
            log.Joined(W3 with { Name = "a\nb" }, 3);
            log.Events.Lost(3, W3.Name, "silent for 3 s", Counted.Shards(3), Counted.Workers(2));
            log.Workers.Slow(W3, 512, 812.4, "shards");
            log.Commit(Step(3, 1, 4, double.NaN));
            log.Evaluate(3, 1, new Dictionary<string, double> { ["loss"] = double.NaN }, best: false);
        }).Split('\n', StringSplitOptions.RemoveEmptyEntries);

        lines.Length.ShouldBe(4);
        foreach (var line in lines)
        {
            var names = JsonDocument.Parse(line).RootElement.EnumerateObject().Select(p => p.Name).ToList();
            names.ShouldBeUnique();
            names.Take(5).ShouldBe(["time", "level", "id", "event", "message"]);
        }
    }

    [Fact]
    public void Ids_are_unique_and_their_thousands_mean_what_they_say()
    {
        var events = typeof(LogEvents).GetMethods(BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic)
            .Select(method => (method.Name, Event: method.GetCustomAttribute<LoggerMessageAttribute>()))
            .Where(method => method.Event is not null)
            .ToList();

        events.Select(e => e.Event!.EventId).ShouldBeUnique();
        events.Select(e => e.Name).ShouldBeUnique();
        events.ShouldAllBe(e => e.Event!.EventId >= 1000 && e.Event.EventId < 6000);
        events.Count.ShouldBeGreaterThan(25);
    }

    [Fact]
    public void The_beginning_says_what_is_trained()
    {
        using var small = new EndToEnd.SmallRun();
        var run = PreparedRun.Load(RunFile.Load(small["run.yaml"], []));

        Lines(log => log.Run.Begins(run, "6f1e", 2, "runs/run")).ShouldHaveSingleItem().ShouldBe(
            $"info  begins {run.File.Name}: linear > tanh > linear, 27 parameters, 4 samples, 3 steps of 4 in 8 shards, "
            + "from step 3; record runs/run");
    }
}
