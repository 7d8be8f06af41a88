using System.Text.Json;

namespace Backprop.Tests.EndToEnd;

/// <summary>Where three nodes may coordinate, the death of the one that does stops nothing, and changes no bit.</summary>
public sealed class TakeoverTests
{
    private const string Safe = "3 nodes keep the cluster's record";

    /// <summary>Also: what was ordered of the first is known to the second, and the first, started again, follows.</summary>
    [Fact]
    public void WhenTheCoordinatorIsKilled_AnotherGoesOn_ToTheSameWeights()
    {
        using var scene = new NodeScene();
        var (first, others) = Three(scene);
        scene.Ask(first, "submit", "endless.yaml", "--set", "checkpoint.everySteps=40").ShouldSucceed();
        scene.Ask(first, "submit", "endless.yaml", "--set", "seed=2", "--set", "name=second").ShouldSucceed();
        scene.Ask(first, "drain", "c").ShouldSucceed();
        first.Command.WaitForLine("checkpoint ", "durable");

        first.Command.SendKill();
        first.Command.Finish();

        var next = Coordinating(scene, others);
        next.Command.WaitForLine("resumed from");
        next.Command.WaitForLine("checkpoint ", "durable");
        var look = scene.Look(next);
        look.GetProperty("runs").EnumerateArray().Select(run => run.GetProperty("id").GetString()).ShouldBe(["endless", "second"]);
        look.GetProperty("nodes").EnumerateArray().Single(node => Name(node) == "c").GetProperty("drained").GetBoolean().ShouldBeTrue();
        var again = scene.StartAt(first.Address, "a", "--workers", "1");
        scene.Ask(again, "stop", "second").ShouldSucceed().Output.ShouldContain("taken from the queue");
        scene.StopAndCompare(next);
    }

    [Fact]
    public void ACoordinatorThatWasFrozen_FollowsWhenItWakes()
    {
        using var scene = new NodeScene();
        var (first, others) = Three(scene);
        scene.Ask(first, "submit", "endless.yaml", "--set", "checkpoint.everySteps=40").ShouldSucceed();
        first.Command.WaitForLine("checkpoint ", "durable");

        first.Command.SendStop();
        var next = Coordinating(scene, others);
        next.Command.WaitForLine("checkpoint ", "durable");
        next.Command.WaitForLine("was out of reach for too long");
        first.Command.SendContinue();

        first.Command.WaitForLine("a coordinates no more, in term 1");
        first.Command.WaitForLine("it joins again");
        next.Command.WaitForLine("node a is there");
        scene.StopAndCompare(next);
    }

    /// <summary>In peace nothing is computed again: the others have the last checkpoint, and do not wait.</summary>
    [Fact]
    public void ACoordinatorThatIsAskedToEnd_HandsOver()
    {
        using var scene = new NodeScene();
        var (first, others) = Three(scene);
        scene.Ask(first, "submit", "endless.yaml", "--set", "checkpoint.everySeconds=0").ShouldSucceed();
        first.Command.WaitForLine("joined w1");

        first.Command.SendTerminate();
        first.Command.Finish();

        var next = Coordinating(scene, others);
        next.Command.WaitForLine("resumed from");
        scene.StopAndCompare(next);
    }

    [Fact]
    public void WhenAllAreKilled_TheRunGoesOnWhenTwoAreBack()
    {
        using var scene = new NodeScene();
        var (first, others) = Three(scene);
        scene.Ask(first, "submit", "endless.yaml", "--set", "checkpoint.everySteps=40").ShouldSucceed();
        first.Command.WaitForLine("checkpoint ", "durable");
        foreach (var node in (NodeScene.Node[])[first, .. others])
        {
            node.Command.SendKill();
        }

        foreach (var node in (NodeScene.Node[])[first, .. others])
        {
            node.Command.Finish();
        }

        var second = scene.Begin("b", others[0].Address, "--workers", "1");
        var third = scene.Begin("c", others[1].Address, "--workers", "1");
        second.WaitForLine("node b (");
        third.WaitForLine("node c (");

        var next = Coordinating(scene, [others[0] with { Command = second }, others[1] with { Command = third }]);
        next.Command.WaitForLine("resumed from");
        next.Command.WaitForLine("checkpoint ", "durable");
        scene.StopAndCompare(next);
    }

    /// <summary>Of two that may coordinate the second takes over when a person says so; the first follows when it is back.</summary>
    [Fact]
    public void OfTwo_TheSecondTakesOverByOrder()
    {
        using var scene = new NodeScene();
        var first = scene.Start("a", "--workers", "1");
        var second = scene.Start("b", ["--workers", "1", .. first.AsSeed]);
        first.Command.WaitForLine("2 nodes may coordinate, one decides");
        scene.Ask(first, "submit", "endless.yaml", "--set", "checkpoint.everySteps=40").ShouldSucceed();
        scene.Ask(second, "takeover", "--yes").ShouldFail(2, "nothing to take over");
        first.Command.WaitForLine("checkpoint ", "durable");
        first.Command.WaitForLine("checkpoint ", "durable");
        first.Command.SendKill();
        first.Command.Finish();
        second.Command.WaitForLine("a, which coordinated, is not heard any more");

        scene.Ask(second, "takeover").ShouldSucceed().Output.ShouldContain("is lost");
        scene.Ask(second, "takeover", "--yes").ShouldSucceed().Output.ShouldContain("b coordinates from now on");

        second.Command.WaitForLine("b coordinates, in term 100");
        second.Command.WaitForLine("resumed from");
        var again = scene.StartAt(first.Address, "a", "--workers", "1");
        scene.Ask(again, "nodes").ShouldSucceed().Output.ShouldContain("b");
        second.Command.WaitForLine("node a is there");
        scene.StopAndCompare(second);
    }

    private static (NodeScene.Node First, NodeScene.Node[] Others) Three(NodeScene scene)
    {
        var first = scene.Start("a", "--workers", "1");
        NodeScene.Node[] others =
        [
            scene.Start("b", ["--workers", "1", .. first.AsSeed]), scene.Start("c", ["--workers", "1", .. first.AsSeed]),
        ];
        first.Command.WaitForLine(Safe);
        return (first, others);
    }

    /// <summary>Waits until one of these coordinates.</summary>
    private static NodeScene.Node Coordinating(NodeScene scene, NodeScene.Node[] nodes)
    {
        // Whichever is asked waits for it, and knows.
        var look = scene.Look(nodes[0]);
        var name = Name(look.GetProperty("nodes").EnumerateArray().Single(node => node.GetProperty("coordinates").GetBoolean()));
        return nodes.Single(node => node.Name == name);
    }

    private static string? Name(JsonElement node) => node.GetProperty("node").GetProperty("name").GetString();
}
