using System.Text.Json;
using Backprop.Tests.TestUtilities;

namespace Backprop.Tests.EndToEnd;

/// <summary>What a run that goes on says, and what it must not damage.</summary>
public sealed class ResumeTests : IDisposable
{
    // Six samples in batches of 4 are steps of 4 and 2.
    private const string Data = "a,b,kind\n1,2,0\n3,1,1\n5,6,0\n2,2,1\n4,1,0\n0,3,1\n";
    private const string Yaml = """
        data: { train: { kind: csv, path: data.csv }, test: { kind: csv, path: data.csv } }
        model: [ linear: 4, tanh, linear: 2 ]
        loss: cross-entropy
        optimizer: { kind: sgd, rate: 0.1 }
        batch: 4
        shards: 2
        epochs: 5
        evaluate: { metrics: [accuracy] }
        """;

    private readonly SmallRun _run = new();

    public ResumeTests()
    {
        _run.Write("data.csv", Data);
        _run.Write("run.yaml", Yaml);
    }

    public void Dispose() => _run.Dispose();

    [Fact]
    public void ACompletedRun_KeepsItsSummaryToTheLastByte()
    {
        var first = Train();
        var summary = File.ReadAllText(_run["kept/summary.json"]);

        var again = Train("--resume");

        again.Output.ShouldBe(first.Output);
        again.ShouldSay("nothing is left to do: all steps are done");
        File.ReadAllText(_run["kept/summary.json"]).ShouldBe(summary);
    }

    [Fact]
    public void ACompletedRunWhoseSummaryIsLost_GetsItAgain()
    {
        Train();
        var before = new RunRecord(_run["kept"]).Summary;
        File.Delete(_run["kept/summary.json"]);

        Train("--resume");

        var after = new RunRecord(_run["kept"]).Summary;
        foreach (var key in (string[])["status", "steps", "epochs", "samples", "loss", "evaluation", "best", "checkpoint", "weightsSha256"])
        {
            JsonElement.DeepEquals(after.GetProperty(key), before.GetProperty(key)).ShouldBeTrue(key);
        }
    }

    [Fact]
    public void AStoppedRun_HasTheFiguresOfTheUndisturbedOneWhenItHasGoneOn()
    {
        Train("--run-dir", "whole");
        Train("--stop-at", "5");

        Train("--resume");

        var (cut, whole) = (new RunRecord(_run["kept"]).Summary, new RunRecord(_run["whole"]).Summary);
        string[] keys = ["status", "steps", "epochs", "samples", "loss", "evaluation", "evaluationStep", "best", "weightsSha256"];
        foreach (var key in keys)
        {
            JsonElement.DeepEquals(cut.GetProperty(key), whole.GetProperty(key)).ShouldBeTrue(key);
        }
    }

    [Fact]
    public void TheLoss_IsTheMeanOfTheLastEpochOverItsSamples()
    {
        Train();

        var epoch = File.ReadLines(_run["kept/ledger.jsonl"]).Select(line => JsonDocument.Parse(line).RootElement)
            .Where(line => line.GetProperty("epoch").GetInt32() == 5).ToList();
        epoch.Select(line => line.GetProperty("samples").GetInt32()).ShouldBe([4, 2]);
        var mean = epoch.Sum(line => line.GetProperty("loss").GetDouble() * line.GetProperty("samples").GetInt32()) / 6;
        new RunRecord(_run["kept"]).Summary.GetProperty("loss").GetDouble().ShouldBe(mean);
    }

    [Fact]
    public void StepsThatAreComputedAgain_AreCounted()
    {
        Train("--stop-at", "8");
        Train("--resume");
        File.Delete(_run["kept/checkpoints/step-00000010.safetensors"]);

        Train("--resume").ShouldSay("after step 8; 2 steps recorded after it, to step 10, are computed again");

        new RunRecord(_run["kept"]).ShouldHaveEveryStepAndEveryShardOnce(2);
    }

    [Fact]
    public void ALostLedger_DoesNotMakeAGoodCheckpointWorthless()
    {
        Train("--stop-at", "6");
        File.Delete(_run["kept/ledger.jsonl"]);

        Train("--resume").ShouldSay("ledger.jsonl has no lines of steps 1 to 6; the checkpoint is whole, and the run goes on");

        var lines = File.ReadAllLines(_run["kept/ledger.jsonl"]);
        lines[0].ShouldBe("""{"step":6,"missing":[1,6]}""");
        lines.Length.ShouldBe(1 + 4);
        Train("--run-dir", "whole");
        new RunRecord(_run["kept"]).WeightsSha256.ShouldBe(new RunRecord(_run["whole"]).WeightsSha256);
        Train("--resume", "--set", "epochs=6").Error.ShouldNotContain("has no lines", customMessage: "it is said once");
    }

    [Fact]
    public void ADamagedLineOfTheLedger_TakesNoOtherWithIt_AndLostEvaluationsAreSaid()
    {
        Train("--stop-at", "6");
        var lines = File.ReadAllLines(_run["kept/ledger.jsonl"]);
        File.WriteAllLines(_run["kept/ledger.jsonl"], [.. lines[..2], "x", .. lines[3..]]);
        File.Delete(_run["kept/metrics.jsonl"]);

        Train("--resume").ShouldSay(
            "ledger.jsonl was damaged: it lost what it said of step 3;",
            "kept/ledger.jsonl.damaged",
            "metrics.jsonl lost evaluations");

        var mended = File.ReadAllLines(_run["kept/ledger.jsonl"]);
        mended[..5].ShouldBe([.. lines[..2], .. lines[3..]]);
        mended[5].ShouldBe("""{"step":6,"missing":[3,3]}""");
        mended.Length.ShouldBe(5 + 1 + 4);
        File.ReadAllLines(_run["kept/ledger.jsonl.damaged"])[2].ShouldBe("x");
    }

    [Fact]
    public void ARecordWithoutACheckpoint_IsSaid()
    {
        Train("--stop-at", "6");
        Directory.Delete(_run["kept/checkpoints"], recursive: true);

        Train("--resume").ShouldSay("warn  kept has a record up to step 6 and no checkpoint: the run begins again at step 1");
    }

    [Fact]
    public void FirstWeightsThatCannotBeRead_LeaveTheRunThatWasToBeOverwritten()
    {
        Train();

        Try("--overwrite", "--init", "typo.safetensors").ShouldFail(2, "There is no file typo.safetensors; check the path.");
        Try("--resume", "--init", "typo.safetensors").ShouldFail(2, "There is no file typo.safetensors; check the path.");

        Train("--resume").ShouldSay("nothing is left to do");
    }

    [Fact]
    public void ARunMayBeOverwrittenFromItsOwnWeights_AndItsFolderStandsForTheBest()
    {
        Train();

        Train("--overwrite", "--init", "kept", "--stop-at", "1").ShouldSay("begins");

        File.Exists(_run["kept/checkpoints/step-00000001.safetensors"]).ShouldBeTrue();
        File.Exists(_run["kept/checkpoints/step-00000010.safetensors"]).ShouldBeFalse();
    }

    [Fact]
    public void WhatDiffers_IsNamedWithBothValuesAndTheWayOut()
    {
        Train();

        Try("--resume", "--set", "optimizer.rate=0.2", "--set", "seed=7").ShouldFail(
            7,
            "belongs to another run: ",
            "seed was 1 and is 7",
            "optimizer.rate was 0.1 and is 0.2",
            "begin a new run from its weights with --init kept/checkpoints/step-000000");
        _run.Run("init", "run.yaml", "--out", "first.safetensors").ShouldSucceed();
        Try("--resume", "--init", "first.safetensors").ShouldFail(7, "--init is another file");
        Try("--resume", "--set", "epochs=3").ShouldFail(2, "kept has been trained for 10 steps, more than the 6 that are asked for");
    }

    [Fact]
    public void ALongerRunWithAScheduleThatLooksAtItsLength_IsToldTheTwoWaysAndGoesEither()
    {
        string[] cosine = ["--set", "schedule={kind: cosine}"];
        Train(cosine);
        var weights = new RunRecord(_run["kept"]).WeightsSha256;

        Try(["--resume", .. cosine, "--set", "epochs=8"]).ShouldFail(
            2,
            "The schedule 'cosine' looks at the run's length, which was 5 epochs and is now 8 epochs",
            "Add --set schedule.over=10 to go on as it was planned, with a learning rate of 0 after step 10",
            "or leave --resume out and give --init kept/checkpoints/step-00000010.safetensors to begin a new run");
        new RunRecord(_run["kept"]).WeightsSha256.ShouldBe(weights, "nothing was touched");

        Train([.. cosine, "--set", "epochs=8", "--set", "schedule.over=10", "--resume"]).Output
            .ShouldContain("completed after step 16");
        new RunRecord(_run["kept"]).WeightsSha256.ShouldBe(weights, "at a learning rate of 0 nothing is learned");
        _run.Run(["train", "run.yaml", .. cosine, "--init", "kept/checkpoints/step-00000010.safetensors", "--run-dir", "new"])
            .ShouldSucceed();
        new RunRecord(_run["new"]).WeightsSha256.ShouldNotBe(weights);
    }

    [Fact]
    public void ARunWithALengthForItsScheduleFromTheBeginning_IsTheSameRunHoweverLong()
    {
        string[] warm = ["--set", "schedule={kind: linear, over: 16}"];
        Train([.. warm, "--set", "epochs=8", "--run-dir", "whole"]);
        Train(warm);

        Train([.. warm, "--set", "epochs=8", "--resume"]);

        new RunRecord(_run["kept"]).WeightsSha256.ShouldBe(new RunRecord(_run["whole"]).WeightsSha256);
    }

    private CommandResult Train(params string[] more) => Try(more).ShouldSucceed();

    private CommandResult Try(params string[] more) => _run.Run(
        ["train", "run.yaml", "--workers", "2", .. more, .. more.Contains("--run-dir") ? [] : (string[])["--run-dir", "kept"]]);
}
