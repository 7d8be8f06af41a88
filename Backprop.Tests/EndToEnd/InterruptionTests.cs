using System.Globalization;
using Backprop.Tests.TestUtilities;

namespace Backprop.Tests.EndToEnd;

/// <summary>
/// A run that is stopped, interrupted or killed and goes on, on any number of workers, ends with the weights of the undisturbed one, and
/// its ledger has every step once. The disturbed runs never end by themselves, so nothing depends on how fast a machine is.
/// </summary>
public sealed class InterruptionTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void StoppedInTheMiddleOfAnEpochAndResumed_EndsWithTheSameWeights()
    {
        string[] run = [Repository.PathOf("examples", "digits.yaml"), "--set", "epochs=3"];
        Run(["train", .. run, "--workers", "2", "--run-dir", "whole"]).ShouldSucceed();

        var stopped = Run(["train", .. run, "--workers", "2", "--run-dir", "cut", "--stop-at", "31"]).ShouldSucceed();
        var resumed = Run(["train", .. run, "--workers", "3", "--run-dir", "cut", "--resume"]).ShouldSucceed();

        stopped.Output.ShouldContain("stopped after step 31");
        resumed.ShouldSay("after step 31");
        resumed.Output.ShouldContain("completed after step 69");
        ShouldEqual("cut", "whole");
    }

    [Fact]
    public void InterruptedAndTerminatedAndResumedAsPrinted_EndsWithTheSameWeights()
    {
        WriteEndlessRun();

        string[] run = ["train", "endless run.yaml", "--workers", "2", "--set", "batch=48", "--run-dir", "cut"];
        var first = Interrupted(c => c.SendInterrupt(), run);
        first.ExitCode.ShouldBe(130);
        var second = Interrupted(c => c.SendTerminate(), ResumeCommand(first));
        second.ExitCode.ShouldBe(143);
        var steps = string.Create(CultureInfo.InvariantCulture, $"steps={Record("cut").Steps + 25}");
        Run([.. ResumeCommand(second).Select(word => word == "2" ? "3" : word), "--set", steps]).ShouldSucceed();
        Run("train", "endless run.yaml", "--workers", "1", "--set", "batch=48", "--set", steps, "--run-dir", "whole").ShouldSucceed();

        ShouldEqual("cut", "whole");
    }

    [Fact]
    public void KilledAndResumed_EndsWithTheSameWeights()
    {
        WriteEndlessRun();

        using (var command = BackpropCommand.Start(_folder.Path, "train", "endless run.yaml", "--workers", "2", "--run-dir", "cut"))
        {
            command.WaitForLine("durable");
            command.WaitForLine("durable");
            command.Kill();
            command.Finish().ExitCode.ShouldNotBe(0);
        }

        File.Exists(_folder.Path + "/cut/summary.json").ShouldBeFalse();
        var steps = string.Create(CultureInfo.InvariantCulture, $"steps={Record("cut").LedgerLines + 25}");
        Run("train", "endless run.yaml", "--workers", "3", "--set", steps, "--run-dir", "cut", "--resume").ShouldSucceed()
            .ShouldSay("resumed from ");
        Run("train", "endless run.yaml", "--workers", "2", "--set", steps, "--run-dir", "whole").ShouldSucceed();

        ShouldEqual("cut", "whole");
    }

    [Fact]
    public void InterruptedTwice_LeavesAtOnce()
    {
        WriteSlowRun();
        using var command = BackpropCommand.Start(_folder.Path, "train", "slow.yaml", "--workers", "1", "--run-dir", "cut");
        command.WaitForLine("checkpoint 1 durable");
        command.SendInterrupt();
        command.WaitForLine("once more leaves at once");
        command.SendInterrupt();
        var result = command.Finish();

        result.ExitCode.ShouldBe(130);
        result.Output.ShouldBeEmpty();
        result.Error.ShouldNotContain("resume:");
        File.Exists(_folder.Path + "/cut/summary.json").ShouldBeFalse();
    }

    [Fact]
    public void AClosedTerminalAndABatchSystemAskForAStopAsAServiceManagerDoes()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "SIGUSR1 has Linux's number here");
        Assert.SkipWhen(BackpropCommand.IgnoresHangups, "these tests were started to outlive their terminal");
        WriteEndlessRun();

        Interrupted(c => c.SendHangup(), ["train", "endless run.yaml", "--run-dir", "closed"]).ExitCode.ShouldBe(143);
        Interrupted(c => c.SendUserSignal(), ["train", "endless run.yaml", "--run-dir", "batch"]).ExitCode.ShouldBe(143);

        Record("closed").Summary.GetProperty("status").GetString().ShouldBe("stopped");
        Record("batch").Summary.GetProperty("status").GetString().ShouldBe("stopped");
    }

    [Fact]
    public void SignalsThatComeTwiceByTheirNature_DoNotCutTheCheckpointOff()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "SIGUSR1 has Linux's number here");
        Assert.SkipWhen(BackpropCommand.IgnoresHangups, "these tests were started to outlive their terminal");
        WriteSlowRun();
        using var command = BackpropCommand.Start(_folder.Path, "train", "slow.yaml", "--workers", "1", "--run-dir", "cut");
        command.WaitForLine("checkpoint 1 durable");

        // A shell passes on what its terminal told it; a batch system sends SIGTERM after SIGUSR1.
        command.SendHangup();
        command.WaitForLine("stopping after this step");
        command.SendHangup();
        command.SendUserSignal();
        command.SendTerminate();

        command.Finish().ExitCode.ShouldBe(143);
        Record("cut").Summary.GetProperty("status").GetString().ShouldBe("stopped");
    }

    [Fact]
    public void WhoIsToOutliveItsTerminal_DoesNotHearItClose()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "how signals come in is read from /proc");
        WriteEndlessRun();
        using var command = BackpropCommand.StartWithoutHangup(_folder.Path, "train", "endless run.yaml", "--run-dir", "on");
        command.WaitForLine("durable");

        command.SendHangup();
        command.WaitForLine("epoch");
        command.WaitForLine("epoch");
        command.SendTerminate();

        var result = command.Finish();
        result.ExitCode.ShouldBe(143);
        result.Error.Split("stopping after this step").Length.ShouldBe(2, "SIGTERM was the first that it heard");
    }

    [Fact]
    public void AWorkerProcess_LeavesTheTerminalToItsLauncher()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "only Linux lists a process's children");
        WriteEndlessRun();
        using var command = BackpropCommand.Start(_folder.Path, "train", "endless run.yaml", "--processes", "2", "--run-dir", "cut");
        command.WaitForLine("durable");

        // A terminal tells all of them at once.
        command.SendHangupToAll();

        var result = command.Finish();
        result.ExitCode.ShouldBe(143);
        result.Error.ShouldNotContain("lost");
    }

    private void WriteEndlessRun() => _folder.Write("endless run.yaml", $$"""
        name: digits
        data:
          train: { kind: csv, path: '{{Repository.PathOf("data", "digits.csv.gz")}}' }
          test: { fraction: 0.2 }
          scale: { divide: 16 }
        model: [ linear: 32, relu, linear: 10 ]
        loss: cross-entropy
        optimizer: { kind: adamw, rate: 0.003 }
        batch: 64
        steps: 100000000
        evaluate: { metrics: [accuracy] }
        checkpoint: { everySteps: 10 }
        """);

    /// <summary>A step of some hundred milliseconds: what comes next comes in the middle of it.</summary>
    private void WriteSlowRun() => _folder.Write("slow.yaml", """
        data: { train: { kind: synthetic, samples: 1024, inputs: 256, classes: 10 } }
        model: [ linear: 4096, relu, linear: 4096, relu, linear: 10 ]
        loss: cross-entropy
        optimizer: { kind: sgd, rate: 0.01 }
        batch: 1024
        steps: 1000000
        checkpoint: { everySteps: 1 }
        """);

    private CommandResult Interrupted(Action<BackpropCommand> interrupt, IEnumerable<string> arguments)
    {
        using var command = BackpropCommand.Start(_folder.Path, arguments);
        command.WaitForLine("durable");
        interrupt(command);
        command.WaitForLine("stopping after this step, with a checkpoint");
        return command.Finish();
    }

    /// <summary>The arguments of the printed command, as a shell reads them.</summary>
    private static string[] ResumeCommand(CommandResult result)
    {
        result.ShouldSay("resume: backprop train 'endless run.yaml' --set batch=48 --workers 2 --resume --run-dir cut");
        return ["train", "endless run.yaml", "--set", "batch=48", "--workers", "2", "--resume", "--run-dir", "cut"];
    }

    private CommandResult Run(params IEnumerable<string> arguments) => BackpropCommand.Run(_folder.Path, arguments);

    private RunRecord Record(string name) => new(Path.Combine(_folder.Path, name));

    private void ShouldEqual(string disturbed, string undisturbed)
    {
        Record(disturbed).Steps.ShouldBe(Record(undisturbed).Steps);
        Record(disturbed).WeightsSha256.ShouldBe(Record(undisturbed).WeightsSha256);
        Record(disturbed).ShouldHaveEveryStepAndEveryShardOnce(8);
    }
}
