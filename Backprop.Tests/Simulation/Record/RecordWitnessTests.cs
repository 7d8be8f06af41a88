using Backprop.Coordinator.Cluster.Record;

namespace Backprop.Tests.Simulation.Record;

/// <summary>Two nodes and a witness: what goes wrong, said by name.</summary>
public sealed class RecordWitnessTests
{
    private static readonly RecordRules Rules = new();

    [Fact]
    public void TheLeaderIsKilled_AndTheOtherTakesOver()
    {
        var world = Cluster();
        RecordStoryTests.Order(world);
        world.Crash(world.Nodes[0], "in a story");

        world.Run(Rules.Patience + Rules.Spread + TimeSpan.FromSeconds(2));

        RecordStoryTests.Leader(world).ShouldBe(world.Nodes[1]);
        RecordStoryTests.Order(world);
    }

    /// <summary>Whatever the two had of it then: a witness that had more than the other node would keep it from leading.</summary>
    [Fact]
    public void ItIsKilledAtAnyMomentOfAnOrder_AndTheOtherTakesOver()
    {
        for (var later = 0; later < 60; later++)
        {
            var world = Cluster();
            world.Clients.Submit(world.Nodes[0]).ShouldBeTrue();
            world.Run(TimeSpan.FromMilliseconds(0.1 * later));
            world.Crash(world.Nodes[0], "in a story");

            world.Run(Rules.Patience + Rules.Spread + TimeSpan.FromSeconds(4));

            RecordStoryTests.Leader(world).ShouldBe(world.Nodes[1]);
        }
    }

    [Fact]
    public void TheFollowerIsGone_AndTheWitnessCounts()
    {
        var world = Cluster();
        world.Crash(world.Nodes[1], "in a story");
        world.Run(Rules.Patience);

        RecordStoryTests.Order(world);
        RecordStoryTests.Order(world);

        RecordStoryTests.Leader(world).ShouldBe(world.Nodes[0]);
    }

    [Fact]
    public void TheWitnessIsGone_AndTheTwoGoOn()
    {
        var world = Cluster();
        world.Crash(world.Nodes[2], "in a story");
        world.Run(Rules.Patience * 2);

        RecordStoryTests.Order(world);
        RecordStoryTests.Leader(world).ShouldBe(world.Nodes[0]);
    }

    /// <summary>Both see the witness, not each other: the leader stays, and no other begins.</summary>
    [Fact]
    public void TheTwoAreCutOffFromEachOther_AndOneGoesOn()
    {
        var world = Cluster();
        var term = world.Nodes[0].State.Promised;
        world.Network.Cut(world.Nodes[0], world.Nodes[1]);
        world.Network.Cut(world.Nodes[1], world.Nodes[0]);
        world.Run(TimeSpan.FromSeconds(20));

        RecordStoryTests.Leader(world).ShouldBe(world.Nodes[0]);
        world.Nodes[0].State.Promised.ShouldBe(term);
        RecordStoryTests.Order(world);
        world.Network.MendAll();
        world.Run(TimeSpan.FromSeconds(5));
        RecordStoryTests.AllAgree(world);
    }

    /// <summary>What the leader committed with the witness alone, nobody else has: it is waited for, and nothing is lost.</summary>
    [Fact]
    public void TheFollowerWasAwayAndComesBackAlone_AndWaits()
    {
        var world = Cluster();
        world.Crash(world.Nodes[1], "in a story");
        world.Run(Rules.Patience);
        RecordStoryTests.Order(world);
        world.Crash(world.Nodes[0], "in a story");
        world.Start(world.Nodes[1]);
        world.Run(TimeSpan.FromSeconds(30));
        world.Nodes.ShouldNotContain(node => node.IsUp && node.State.Leads);

        world.Start(world.Nodes[0]);
        world.Run(TimeSpan.FromSeconds(15));

        RecordStoryTests.Leader(world).ShouldBe(world.Nodes[0]);
        RecordStoryTests.AllAgree(world);
    }

    private static RecordWorld Cluster() => RecordStoryTests.Cluster(3, new RecordOptions { Seed = 11, HasWitness = true });
}
