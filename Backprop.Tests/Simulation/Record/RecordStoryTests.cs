using Backprop.Coordinator.Cluster.Orders;
using Backprop.Coordinator.Cluster.Record;

namespace Backprop.Tests.Simulation.Record;

/// <summary>
/// A few nodes in a rack, with the real times, and one thing that goes wrong, said by name. That nothing acknowledged is lost is checked
/// in every world; what is said here is what it costs.
/// </summary>
public sealed class RecordStoryTests
{
    private static readonly RecordRules Rules = new();

    [Fact]
    public void TheLeaderIsKilled_AndAnotherTakesOver()
    {
        var world = Cluster(3);
        Order(world);
        world.Crash(world.Nodes[0], "in a story");

        world.Run(Rules.Patience + Rules.Spread + TimeSpan.FromSeconds(1));

        Leader(world).ShouldNotBe(world.Nodes[0]);
        Order(world);
    }

    [Fact]
    public void ALeaderThatIsCutOffCeases_AndWhatItTookMeanwhileWasNeverAcknowledged()
    {
        var world = Cluster(3);
        Isolate(world, world.Nodes[0]);
        world.Clients.Submit(world.Nodes[0]).ShouldBeTrue();
        var acknowledged = world.Checks.History.Acknowledged.Count;

        world.Run(Rules.Patience + TimeSpan.FromSeconds(0.7));
        world.Nodes[0].State.Leads.ShouldBeFalse();

        world.Run(TimeSpan.FromSeconds(5));
        Order(world);
        world.Network.MendAll();
        world.Run(TimeSpan.FromSeconds(5));
        world.Checks.History.Acknowledged.Count.ShouldBe(acknowledged + 1);
        AllAgree(world);
    }

    [Fact]
    public void ALeaderIsFrozenForAMinute_AndFollowsWhenItGoesOn()
    {
        var world = Cluster(3);
        world.Freeze(world.Nodes[0], 60_000_000);
        world.Run(TimeSpan.FromSeconds(10));
        var next = Leader(world);
        Order(world);

        world.Run(TimeSpan.FromSeconds(55));

        Leader(world).ShouldBe(next);
        AllAgree(world);
    }

    [Fact]
    public void ANodeReturnsThatHasPromisedAHighTerm_AndUnseatsTheLeaderOnce()
    {
        var world = Cluster(3);
        Isolate(world, world.Nodes[2]);
        world.Run(Rules.Patience + TimeSpan.FromSeconds(1));
        world.Nodes[2].Advance(new RecordInput.PromiseAsked("node-1", 50, new Position(49, 99), IsTrial: false));
        var leaders = world.Counts.Leaders;
        world.Network.MendAll();

        world.Run(TimeSpan.FromSeconds(60));

        world.Counts.Leaders.ShouldBeLessThanOrEqualTo(leaders + 1);
        Leader(world).State.Promised.ShouldBeGreaterThanOrEqualTo(50);
        AllAgree(world);
    }

    [Fact]
    public void ANodeThatCrashesEveryTwoSecondsUnseatsNobody()
    {
        var world = Cluster(3);
        var leaders = world.Counts.Leaders;
        for (var i = 0; i < 20; i++)
        {
            world.Run(TimeSpan.FromSeconds(1.5));
            world.Crash(world.Nodes[1], "in a story");
            world.Run(TimeSpan.FromSeconds(0.5));
            world.Start(world.Nodes[1]);
        }

        Order(world);
        world.Counts.Leaders.ShouldBe(leaders);
    }

    [Fact]
    public void WhoResignsIsFollowedAtOnce()
    {
        var world = Cluster(3);
        world.Nodes[0].Resign();

        world.Run(TimeSpan.FromSeconds(1));

        Leader(world).ShouldNotBe(world.Nodes[0]);
        Order(world);
    }

    [Fact]
    public void AllCrashAndAllReturn()
    {
        var world = Cluster(5);
        Order(world);
        foreach (var node in world.Nodes)
        {
            world.Crash(node, "in a story");
        }

        foreach (var node in world.Nodes)
        {
            world.Start(node);
        }

        world.Run(Rules.Patience + Rules.Spread + TimeSpan.FromSeconds(1));
        Order(world);
        AllAgree(world);
    }

    /// <summary>Each answer that they cannot take more yet was an occasion to send again: to both, for ever, and each time more.</summary>
    [Fact]
    public void NodesThatWaitForFilesBegetNoMessages()
    {
        var world = Cluster(3, new RecordOptions { Seed = 5, FetchMinimum = 20_000_000 });
        world.Clients.Keep(world.Nodes[0]).ShouldBeTrue();
        var passed = world.Passed;

        world.Run(TimeSpan.FromSeconds(10));

        (world.Passed - passed).ShouldBeLessThan(600);
    }

    /// <summary>
    /// The leader removes a node, only that one hears of it, and the leader is gone for good. Nobody else has all that it has, and
    /// without it there is no majority: so it must lead itself, although it is to be no voter, until the others have the entry.
    /// </summary>
    [Fact]
    public void WhoIsRemovedAndAloneKnowsItStillLeads_UntilTheOthersKnow()
    {
        var world = Cluster(4);
        var (leader, removed) = (world.Nodes[0], world.Nodes[1]);
        world.Network.Cut(leader, world.Nodes[2]);
        world.Network.Cut(leader, world.Nodes[3]);
        leader.Propose(new OrderEntry(EntryKind.Configured) { Voters = ["node-0", "node-2", "node-3"] }).ShouldBeTrue();
        world.Run(TimeSpan.FromSeconds(0.05));
        removed.State.IsVoter.ShouldBeFalse();
        world.Crash(leader, "for good");
        leader.IsGone = true;

        world.Run(TimeSpan.FromSeconds(30));

        Leader(world).ShouldNotBe(removed);
        Order(world);
        AllAgree(world);
    }

    internal static RecordWorld Cluster(int nodes, RecordOptions? options = null)
    {
        var world = new RecordWorld((options ?? new RecordOptions { Seed = 11 }) with { Nodes = nodes }, RecordSabotage.None);
        world.Begin();
        world.Run(TimeSpan.FromSeconds(3));
        Leader(world).State.Voters.Count.ShouldBe(nodes);
        return world;
    }

    internal static RecordNode Leader(RecordWorld world) => world.Nodes.Single(node => node.IsAwake && node.State.IsOpen);

    /// <summary>Orders something and sees that it is acknowledged.</summary>
    internal static void Order(RecordWorld world)
    {
        var acknowledged = world.Checks.History.Acknowledged.Count;
        world.Clients.Submit(Leader(world)).ShouldBeTrue();
        world.Run(TimeSpan.FromSeconds(1));
        world.Checks.History.Acknowledged.Count.ShouldBe(acknowledged + 1);
    }

    internal static void Isolate(RecordWorld world, RecordNode node)
    {
        foreach (var other in world.Nodes.Where(other => other != node))
        {
            world.Network.Cut(node, other);
            world.Network.Cut(other, node);
        }
    }

    internal static void AllAgree(RecordWorld world)
    {
        var state = Leader(world).State;
        foreach (var node in world.Nodes.Where(node => !node.IsGone))
        {
            node.State.Log.ShouldBe(state.Log);
            node.State.Committed.ShouldBe(state.Log.Count);
        }
    }
}
