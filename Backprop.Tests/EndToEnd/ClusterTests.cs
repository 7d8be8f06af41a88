using Backprop.Shared.Protocol;
using Backprop.Tests.Golden;
using Backprop.Tests.TestUtilities;

namespace Backprop.Tests.EndToEnd;

/// <summary>
/// Contract 2 and 3 across processes: the same weights as in one process, whoever joins, leaves, dies or stalls; every step and every shard
/// once.
/// </summary>
public sealed class ClusterTests
{
    public static TheoryData<int> Processes => [1, 2, 3, 5];

    [Theory]
    [MemberData(nameof(Processes))]
    public void Digits_HasItsHashWithAnyNumberOfWorkerProcesses(int processes)
    {
        using var folder = new TemporaryFolder();
        var digits = Repository.PathOf("examples", "digits.yaml");

        BackpropCommand.Run(folder.Path, "train", digits, "--processes", $"{processes}", "--run-dir", "run").ShouldSucceed();

        new RunRecord(Path.Combine(folder.Path, "run")).WeightsSha256.ShouldBe(GoldenTests.Digits);
    }

    [Theory]
    [MemberData(nameof(Processes))]
    public void Mnist_HasItsHashWithAnyNumberOfWorkerProcesses(int processes)
    {
        Assert.SkipWhen(
            Repository.Mnist is null, "MNIST is not here: put its four files into data/mnist or name their folder in BACKPROP_MNIST.");
        using var folder = new TemporaryFolder();
        string[] sets = [.. GoldenTests.MnistSets().SelectMany(s => new[] { "--set", s })];
        var mnist = Repository.PathOf("examples", "mnist-mlp.yaml");
        string[] how = ["--processes", $"{processes}", "--stop-at", "20", "--run-dir", "run"];

        BackpropCommand.Run(folder.Path, ["train", mnist, .. sets, .. how]).ShouldSucceed();

        new RunRecord(Path.Combine(folder.Path, "run")).WeightsSha256.ShouldBe(GoldenTests.Mnist);
    }

    [Fact]
    public void AWorkerKilledInTheMiddleWhileAnotherJoins_CostsNoStepAndChangesNoBit()
    {
        using var scene = new ClusterScene();
        scene.StartCoordinator();
        scene.Join();
        var victim = scene.Join();
        scene.Coordinator.WaitForLine("durable");

        var joining = scene.StartWorker();
        victim.SendKill();

        scene.Coordinator.WaitForLine("lost");
        scene.Coordinator.WaitForLine("joined");
        scene.Coordinator.WaitForLine("durable");
        scene.StopAndCompare();
        joining.Finish().ExitCode.ShouldBe(0);
    }

    [Fact]
    public void ARunThatWaitsForItsWorkersSaysSo_AndTheCauseIsSaidBeforeTheConsequence()
    {
        using var scene = new ClusterScene();
        scene.StartCoordinator("--http", "127.0.0.1:0");
        var victim = scene.Join();
        scene.Coordinator.WaitForLine("durable");

        // While it is held it is given the next step's shards, if the coordinator comes to that on a busy machine.
        victim.SendStop();
        BackpropCommand.Run(scene.Path, "status", "--coordinator", scene.StatusAddress).ShouldSucceed();
        victim.SendKill();
        var hadShards = !scene.Coordinator.WaitForLine("lost w1").Contains("; 0 shards", StringComparison.Ordinal);
        scene.Coordinator.WaitForLine("waiting: 0 workers");
        var status = BackpropCommand.Run(scene.Path, "status", "--coordinator", scene.StatusAddress).ShouldSucceed().Output;
        status.ShouldContain("digits, waiting\n");
        status.ShouldContain("speed       0 samples/s");
        status.ShouldContain("time left unknown");

        scene.StartWorker();
        scene.Coordinator.WaitForLine("joined w2");
        scene.Coordinator.WaitForLine("enough again");
        if (hadShards)
        {
            scene.Coordinator.WaitForLine(" again, by w2");
        }

        scene.Coordinator.WaitForLine("durable");
        scene.StopAndCompare();
    }

    [Fact]
    public void AWorkerProcessThatSharesMemoryAndIsKilled_IsStartedAgainAndChangesNoBit()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "only Linux lists a process's children");
        using var scene = new ClusterScene();
        scene.StartTraining(3);

        for (var kill = 0; kill < 3; kill++)
        {
            scene.Coordinator.KillAChild();
            scene.Coordinator.WaitForLine("lost");
            scene.Coordinator.WaitForLine("joined");
        }

        scene.StopAndCompare();
    }

    [Fact]
    public void AStoppedWorkerIsLostBySilenceAndComesBackByItself()
    {
        using var scene = new ClusterScene();
        scene.StartCoordinator();
        scene.Join();
        var stopped = scene.Join();
        scene.Coordinator.WaitForLine("durable");

        stopped.SendStop();
        scene.Coordinator.WaitForLine("lost");
        scene.Coordinator.WaitForLine("durable");
        stopped.SendContinue();
        scene.Coordinator.WaitForLine("joined");
        scene.Coordinator.WaitForLine("durable");

        scene.StopAndCompare();
        stopped.Finish().ExitCode.ShouldBe(0);
    }

    [Fact]
    public void AKilledCoordinatorIsResumedAndItsWorkersComeBackByThemselves()
    {
        using var scene = new ClusterScene();
        scene.StartCoordinator();
        var workers = new[] { scene.Join(), scene.Join() };
        scene.Coordinator.WaitForLine("durable");
        scene.Coordinator.WaitForLine("durable");

        scene.Coordinator.SendKill();
        scene.StartCoordinator("--resume");

        scene.Coordinator.WaitForLine("joined");
        scene.Coordinator.WaitForLine("joined");
        scene.Coordinator.WaitForLine("durable");
        scene.StopAndCompare();
        foreach (var worker in workers)
        {
            worker.Finish().ExitCode.ShouldBe(0);
        }
    }

    [Fact]
    public void AWorkerThatIsTerminatedHandsItsShardsBackAndLeaves()
    {
        using var scene = new ClusterScene();
        scene.StartCoordinator();
        scene.Join();
        var leaving = scene.Join();
        scene.Coordinator.WaitForLine("durable");

        leaving.SendTerminate();

        scene.Coordinator.WaitForLine("left");
        leaving.Finish().ExitCode.ShouldBe(143);
        scene.Coordinator.WaitForLine("durable");
        scene.StopAndCompare();
    }

    [Fact]
    public void AWorkerThatReadsSlowly_StillHearsThatTheRunIsOver()
    {
        using var scene = new ClusterScene();
        scene.StartCoordinator();
        scene.Join();
        using (var slow = new RawWorker(scene.Address, receiveBuffer: 4096).Join(null))
        {
            // Weights wait to be read, so that what is said afterwards waits behind them, on the coordinator's side.
            scene.Coordinator.WaitForLine("durable");

            scene.Coordinator.SendTerminate();
            slow.OnlyLive(TimeSpan.FromSeconds(3));

            slow.UntilFinished();
        }

        scene.Coordinator.Finish().ExitCode.ShouldBe(143);
    }

    [Fact]
    public void WorkersThatComeAndGoAllTheTime_ChangeNoBit()
    {
        using var scene = new ClusterScene();
        scene.StartCoordinator();
        scene.Join();
        for (var round = 0; round < 4; round++)
        {
            var guest = scene.Join();
            if (round % 2 == 0)
            {
                guest.SendKill();
                scene.Coordinator.WaitForLine("lost");
            }
            else
            {
                guest.SendTerminate();
                scene.Coordinator.WaitForLine("left");
            }
        }

        scene.Coordinator.WaitForLine("durable");
        scene.StopAndCompare();
    }
}
