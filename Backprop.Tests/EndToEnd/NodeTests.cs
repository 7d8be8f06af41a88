using System.Net;
using System.Net.NetworkInformation;
using Backprop.Tests.Golden;
using Backprop.Tests.TestUtilities;

namespace Backprop.Tests.EndToEnd;

/// <summary>A cluster of nodes: the same weights as in one process, whoever joins, is drained or dies; what was ordered survives.</summary>
public sealed class NodeTests
{
    [Fact]
    public void ThreeNodesTrainARunThatIsSubmittedToAnyOfThem()
    {
        using var scene = new NodeScene();
        var first = scene.Start("a", "--workers", "1");
        var second = scene.Start("b", ["--workers", "1", .. first.AsSeed]);
        var third = scene.Start("c", ["--workers", "1", "--roles", "worker", .. second.AsSeed]);
        first.Command.WaitForLine("node c is there");

        var submitted = scene.Ask(third, "submit", Repository.PathOf("examples", "digits.yaml"), "--follow").ShouldSucceed();

        submitted.Output.ShouldStartWith("submitted: digits; it is next\ncompleted after step 690\n");
        submitted.Output.ShouldContain($"weights sha256 {GoldenTests.Digits}");
        scene.RecordOf("a", "digits").WeightsSha256.ShouldBe(GoldenTests.Digits);
        var nodes = scene.Look(third).GetProperty("nodes").EnumerateArray().ToList();
        nodes.Select(node => node.GetProperty("node").GetProperty("name").GetString()).ShouldBe(["a", "b", "c"]);
        nodes.Select(node => node.GetProperty("coordinates").GetBoolean()).ShouldBe([true, false, false]);
        foreach (var node in (NodeScene.Node[])[third, second, first])
        {
            node.Command.SendTerminate();
            node.Command.Finish().ExitCode.ShouldBe(143);
        }
    }

    [Fact]
    public void WorkersAndANodeDieWhileOthersJoinAreDrainedAndScaled_AndNoBitChanges()
    {
        using var scene = new NodeScene();
        var first = scene.Start("a", "--workers", "1");
        var second = scene.Start("b", ["--workers", "1", "--roles", "worker", .. first.AsSeed]);
        var third = scene.Start("c", ["--workers", "1", "--roles", "worker", .. first.AsSeed]);
        scene.Ask(second, "submit", "endless.yaml").ShouldSucceed();
        scene.Ask(first, "submit", "endless.yaml").ShouldSucceed().Output.ShouldContain("submitted before, and not again");
        Joined(first, 3);

        second.Command.KillAChild();
        first.Command.WaitForLine("worker b/1", "SIGKILL", "started again in");
        Joined(first, 1);
        scene.StartWorker(third.Address);
        Joined(first, 1);
        third.Command.SendKill();
        first.Command.WaitForLine("left", "c/1");
        first.Command.WaitForLine("durable");

        // Until the cluster is sure that the node is gone, the other tests may have the machine.
        scene.Ask(first, "pause").ShouldSucceed();
        first.Command.WaitForLine("node c is gone");
        scene.Ask(first, "resume").ShouldSucceed();
        scene.Ask(second, "scale", "6").ShouldSucceed().Output.ShouldBe("the cluster runs 6 workers from now on\n");
        Joined(first, 2);
        scene.Ask(first, "drain", "b").ShouldSucceed();
        first.Command.WaitForLine("left", "b/1");
        scene.Ask(first, "scale", "1").ShouldSucceed();
        first.Command.WaitForLine("left", "a/2");
        first.Command.WaitForLine("durable");

        scene.StopAndCompare(first);
    }

    [Fact]
    public void WhatWasOrderedSurvivesTheDeathOfTheNodeThatCoordinates()
    {
        using var scene = new NodeScene();
        var first = scene.Start("a", "--workers", "1");
        scene.Ask(first, "submit", "endless.yaml").ShouldSucceed();
        scene.Ask(first, "submit", "endless.yaml", "--set", "seed=2", "--set", "name=second").ShouldSucceed()
            .Output.ShouldContain("1 run before it");
        scene.Ask(first, "scale", "2").ShouldSucceed();
        first.Command.WaitForLine("durable");
        scene.Ask(first, "pause").ShouldSucceed();
        first.Command.WaitForLine("paused after step");

        first.Command.SendKill();
        first.Command.Finish();
        var again = scene.Start("a", "--workers", "1");

        again.Command.WaitForLine("a coordinates, in term 2");
        again.Command.WaitForLine("resumed from");
        again.Command.WaitForLine("paused after step");
        var look = scene.Look(again);
        look.GetProperty("runs")[0].GetProperty("folder").GetString().ShouldBe(Path.Combine(scene.Path, "a", "runs", "endless"));
        look.GetProperty("runs")[1].GetProperty("folder").GetString().ShouldBe("", "it has none before it begins");
        look.GetProperty("workersOrdered").GetInt32().ShouldBe(2);
        look.GetProperty("runs").EnumerateArray().Select(run => run.GetProperty("state").GetString()).ShouldBe(["paused", "waiting"]);
        scene.Ask(again, "stop", "second").ShouldSucceed().Output.ShouldContain("taken from the queue");
        scene.Ask(again, "resume").ShouldSucceed();
        again.Command.WaitForLine("goes on after step");
        again.Command.WaitForLine("durable");
        scene.StopAndCompare(again);
    }

    /// <summary>As after a power cut. Of two that may coordinate, the one that decides is waited for.</summary>
    [Fact]
    public void WhenAllNodesHaveGone_TheClusterFormsAnewOnceTheOneThatDecidesIsBack()
    {
        using var scene = new NodeScene();
        var first = scene.Start("a", "--workers", "1");
        var second = scene.Start("b", ["--workers", "1", .. first.AsSeed]);
        var third = scene.Start("c", ["--workers", "0", "--roles", "worker", .. first.AsSeed]);
        scene.Ask(first, "submit", "endless.yaml").ShouldSucceed();
        Joined(first, 2);
        first.Command.WaitForLine("durable");
        foreach (var node in (NodeScene.Node[])[third, second, first])
        {
            node.Command.SendKill();
            node.Command.Finish();
        }

        scene.Begin("b", second.Address, "--workers", "1").WaitForLine("nobody coordinates the cluster yet", first.Address);
        var again = scene.StartAt(first.Address, "a", "--workers", "1");

        again.Command.WaitForLine("a coordinates, in term 2");
        again.Command.WaitForLine("resumed from");
        Joined(again, 2);
        scene.StopAndCompare(again);
    }

    [Fact]
    public void AnOrderedCheckpointIsWritten_AndTheLogIsReadFromElsewhere()
    {
        using var scene = new NodeScene();
        var first = scene.Start("a", "--workers", "1");
        var second = scene.Start("b", ["--workers", "0", .. first.AsSeed]);
        using var following = scene.Submit(second, "endless.yaml", "--set", "checkpoint.everySteps=100000000", "--follow");
        following.WaitForLine("waiting for the end of endless");
        Joined(first, 1);
        following.SendInterrupt();
        var left = following.Finish();
        left.ExitCode.ShouldBe(130);
        left.Error.ShouldContain("endless goes on with the cluster");

        scene.Ask(second, "checkpoint").ShouldSucceed().Output.ShouldBe("endless writes a checkpoint after this step\n");

        first.Command.WaitForLine("durable");
        scene.Ask(second, "logs", "-n", "500").ShouldSucceed().Output.ShouldContain("ordered: endless writes a checkpoint");
        scene.Ask(second, "logs", "a/1").ShouldSucceed().Output.ShouldContain("ready: ");
        first.Command.KillAChild();
        Joined(first, 1);
        scene.Ask(second, "logs", "a/1").ShouldSucceed().Output.Split("ready: ").Length.ShouldBe(3, "of the killed one, and of the next");
        scene.Ask(second, "workers").ShouldSucceed().Output.ShouldContain("a/1");
        scene.Ask(second, "status").ShouldSucceed().Output.ShouldContain("running     endless");
    }

    [Fact]
    public void ACoordinatorThatWasGivenItsRunIsANodeToo()
    {
        using var scene = new NodeScene();
        using var coordinator = BackpropCommand.Start(
            scene.Path, "coordinator", "endless.yaml", "--listen", "127.0.0.1:0", "--http", "none", "--run-dir", "run");
        var line = coordinator.WaitForLine("node ", "(coordinator)", "gRPC ");
        var address = line[(line.IndexOf("gRPC ", StringComparison.Ordinal) + 5)..].Split(',')[0];
        var node = scene.Start("b", "--workers", "1", "--roles", "worker", "--seed", address);
        coordinator.WaitForLine("joined", "b/1");

        scene.Ask(node, "submit", "endless.yaml").ShouldFail(2, "was given the run endless");
        scene.Ask(node, "stop").ShouldSucceed();

        coordinator.Finish().ExitCode.ShouldBe(0);
    }

    /// <summary>Its workers are told what it was told: that the secret may go over this network in the clear.</summary>
    [Fact]
    public void ANodeBeyondLoopback_HasWorkersThatJoin()
    {
        var address = NetworkInterface.GetAllNetworkInterfaces().SelectMany(found => found.GetIPProperties().UnicastAddresses)
            .Select(found => found.Address).FirstOrDefault(found => found.GetAddressBytes().Length == 4 && !IPAddress.IsLoopback(found));
        Assert.SkipWhen(address is null, "This machine has no address but loopback.");
        using var scene = new NodeScene();
        var token = NodeScene.WriteToken(Path.Combine(scene.Path, "token"), "0123456789abcdef");
        string[] shared = ["--workers", "1", "--token-file", token, "--insecure"];
        var first = scene.StartAt($"{address}:0", "a", shared);
        scene.StartAt($"{address}:0", "b", [.. shared, .. first.AsSeed]);

        scene.Ask(first, "submit", "endless.yaml", "--token-file", token).ShouldSucceed();

        Joined(first, 2);
    }

    private static void Joined(NodeScene.Node node, int workers)
    {
        for (var i = 0; i < workers; i++)
        {
            node.Command.WaitForLine("joined");
        }
    }
}
