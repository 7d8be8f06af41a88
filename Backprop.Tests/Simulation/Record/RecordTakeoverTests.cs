using Backprop.Coordinator.Cluster.Orders;
using Backprop.Coordinator.Cluster.Record;

namespace Backprop.Tests.Simulation.Record;

/// <summary>A person says that the others are gone, and is right, or not quite.</summary>
public sealed class RecordTakeoverTests
{
    [Fact]
    public void TwoOfThreeAreGone_AndTheLastOneLeadsAtOnce()
    {
        var world = RecordStoryTests.Cluster(3);
        RecordStoryTests.Order(world);
        Lose(world, world.Nodes[0], world.Nodes[1]);
        world.Run(TimeSpan.FromSeconds(20));
        world.Nodes.ShouldNotContain(node => node.IsUp && node.State.Leads);

        world.TakeOver(world.Nodes[2]);

        world.Nodes[2].State.IsOpen.ShouldBeTrue();
        RecordStoryTests.Order(world);
    }

    [Fact]
    public void ThoseWhoWereTakenForGoneReturn_AndFollow()
    {
        var world = RecordStoryTests.Cluster(3);
        Lose(world, world.Nodes[0], world.Nodes[1]);
        world.TakeOver(world.Nodes[2]);
        RecordStoryTests.Order(world);

        Return(world);
        world.Run(TimeSpan.FromSeconds(15));

        RecordStoryTests.Leader(world).ShouldBe(world.Nodes[2]);
        world.Nodes[2].State.Voters.Count.ShouldBe(3);
        RecordStoryTests.AllAgree(world);
    }

    /// <summary>They had committed more than the one that took over: that is given up, and what stands in its place is not.</summary>
    [Fact]
    public void WhatOnlyThoseHadWhoWereTakenForGoneIsCutOff()
    {
        var world = RecordStoryTests.Cluster(3);
        RecordStoryTests.Isolate(world, world.Nodes[2]);
        for (var i = 0; i < 10; i++)
        {
            RecordStoryTests.Order(world);
        }

        Lose(world, world.Nodes[0], world.Nodes[1]);
        world.Network.MendAll();
        world.TakeOver(world.Nodes[2]);
        RecordStoryTests.Order(world);
        Return(world);
        world.Run(TimeSpan.FromSeconds(15));

        RecordStoryTests.Leader(world).ShouldBe(world.Nodes[2]);
        RecordStoryTests.Order(world);
        RecordStoryTests.AllAgree(world);
    }

    /// <summary>They have a leader of their own, of the very next term: the takeover must not have the same.</summary>
    [Fact]
    public void TheOthersWereOnlyCutOffAndHaveALeader_AndTheTakeoverCounts()
    {
        var world = RecordStoryTests.Cluster(3);
        RecordStoryTests.Isolate(world, world.Nodes[2]);
        world.Crash(world.Nodes[0], "in a story");
        world.Start(world.Nodes[0]);
        world.Run(TimeSpan.FromSeconds(10));
        RecordStoryTests.Leader(world).State.Promised.ShouldBe(world.Nodes[2].State.Promised + 1);

        world.TakeOver(world.Nodes[2]);
        world.Network.MendAll();
        world.Run(TimeSpan.FromSeconds(15));

        RecordStoryTests.Leader(world).ShouldBe(world.Nodes[2]);
        RecordStoryTests.Order(world);
        RecordStoryTests.AllAgree(world);
    }

    [Fact]
    public void WhatStandsInThePlaceOfSomethingCommittedIsNotCommittedForThat()
    {
        static RecordEntry Of(long term) => new(term, new OrderEntry(EntryKind.Scaled));
        var state = new RecordState { Self = "node-1", Promised = 2, Log = [Of(1), Of(2), Of(2), Of(2)], Committed = 4 };
        var came = new RecordInput.EntriesCame(
            "node-2", Term: 1002, new Position(1, 1), [Of(1002), Of(1002), Of(1002)], Committed: 2, Resigns: false);

        var next = RecordCore.Advance(state, came, TimeSpan.Zero, new RecordRules()).State;

        next.Log.Count.ShouldBe(4);
        next.Committed.ShouldBe(2);
    }

    private static void Lose(RecordWorld world, params RecordNode[] nodes)
    {
        foreach (var node in nodes)
        {
            world.Crash(node, "for good, it is said");
        }
    }

    private static void Return(RecordWorld world)
    {
        foreach (var node in world.Nodes)
        {
            world.Start(node);
        }
    }
}
