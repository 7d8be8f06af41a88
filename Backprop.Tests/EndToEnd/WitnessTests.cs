namespace Backprop.Tests.EndToEnd;

/// <summary>Two nodes and a folder that they share: the death of either stops nothing, and changes no bit.</summary>
public sealed class WitnessTests
{
    private const string Safe = "2 nodes and a witness keep the cluster's record";

    [Fact]
    public void WhenTheCoordinatorIsKilled_TheOtherGoesOn_AndTheFirstFollowsWhenItIsBack()
    {
        using var scene = new NodeScene();
        var (first, second) = Two(scene);
        scene.Ask(first, "submit", "endless.yaml", "--set", "checkpoint.everySteps=40").ShouldSucceed();
        first.Command.WaitForLine("checkpoint ", "durable");

        first.Command.SendKill();
        first.Command.Finish();

        second.Command.WaitForLine("b coordinates, in term");
        second.Command.WaitForLine("resumed from");
        second.Command.WaitForLine("checkpoint ", "durable");
        var again = scene.StartAt(first.Address, "a", "--workers", "1", "--witness", "shared");
        scene.Ask(again, "nodes").ShouldSucceed().Output.ShouldContain("b (coordinates)");
        second.Command.WaitForLine("checkpoint ", "durable");
        scene.StopAndCompare(second);
    }

    [Fact]
    public void AWitnessThatIsDeleted_IsSilent_AndTheTwoGoOn()
    {
        using var scene = new NodeScene();
        var (first, _) = Two(scene);
        Directory.Delete(Path.Combine(scene.Path, "shared"), recursive: true);
        first.Command.WaitForLine("the witness in", "does not answer");

        scene.Ask(first, "submit", "endless.yaml", "--set", "checkpoint.everySteps=40").ShouldSucceed();
        first.Command.WaitForLine("checkpoint ", "durable");

        scene.StopAndCompare(first);
    }

    private static (NodeScene.Node First, NodeScene.Node Second) Two(NodeScene scene)
    {
        var first = scene.Start("a", "--workers", "1", "--witness", "shared");
        var second = scene.Start("b", ["--workers", "1", "--witness", "shared", .. first.AsSeed]);
        first.Command.WaitForLine(Safe);
        return (first, second);
    }
}
