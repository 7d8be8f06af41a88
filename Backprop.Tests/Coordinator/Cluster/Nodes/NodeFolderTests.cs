using Backprop.Coordinator.Cluster.Nodes;
using Backprop.Shared.Primitives;
using Backprop.Shared.Protocol;
using Backprop.Tests.TestUtilities;
using Backprop.Worker.Protocol;

namespace Backprop.Tests.Coordinator.Cluster.Nodes;

/// <summary>A node remembers who it is and whom it knows; a term is claimed once.</summary>
public sealed class NodeFolderTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void ANodeIsTheSameWhenItStartsAgain_AndKnowsTheOthers()
    {
        string id, cluster;
        using (var first = NodeFolder.Open(_folder["n"]))
        {
            first.Cluster.ShouldBeEmpty();
            first.Found();
            first.Remember(
                [
                    new NodeInfo { Id = "other", Address = "10.0.0.2:7400", Roles = { NodeOptions.Coordinator } },
                    new NodeInfo { Id = first.NodeId, Address = "me:1" },
                ]);
            first.Hear(4, "a");
            (id, cluster) = (first.NodeId, first.Cluster);
        }

        using var again = NodeFolder.Open(_folder["n"]);

        (again.NodeId, again.Cluster, again.Term).ShouldBe((id, cluster, (4, "a")));
        again.Peers.ShouldBe([new NodePeer(new HostPort("10.0.0.2", 7400), MayCoordinate: true)]);
    }

    [Fact]
    public void WhatIsNoAddressIsNotRemembered_NorAreMoreNodesThanAClusterHas()
    {
        using var node = NodeFolder.Open(_folder["n"]);
        NodeInfo Other(int number) => new() { Id = $"n{number}", Address = "10.0.0.2:7400" };

        node.Remember([new NodeInfo { Id = "x", Address = "nowhere" }, Other(0)]).ShouldBeFalse();
        node.Peers.Count.ShouldBe(1);
        node.Remember([.. Enumerable.Range(0, MailCheck.NodesMaximum).Select(Other)]).ShouldBeTrue();
        node.Remember([Other(MailCheck.NodesMaximum)]).ShouldBeFalse();
        node.Remember([Other(5)]).ShouldBeTrue("it is known already");
        node.Peers.Count.ShouldBe(MailCheck.NodesMaximum);
    }

    [Fact]
    public void AFolderIsOneNodes()
    {
        using var first = NodeFolder.Open(_folder["n"]);

        Should.Throw<UserException>(() => NodeFolder.Open(_folder["n"])).ExitCode.ShouldBe(ExitCode.Usage);
    }

    [Fact]
    public void AnotherClusterBeginsWithItsOwnTerms()
    {
        using var node = NodeFolder.Open(_folder["n"]);
        node.Join("one");
        node.Hear(7, "a");
        node.Hear(5, "b");
        node.Term.ShouldBe((7, "a"));

        node.Join("one");
        node.Term.Number.ShouldBe(7);
        File.WriteAllText(node.RecordPath, "ordered");
        node.ClaimTerm(7).ShouldBe(8);

        var aside = node.Join("two")!;

        node.Term.ShouldBe((0, ""));
        node.TermHeld.ShouldBe(0);
        File.Exists(node.RecordPath).ShouldBeFalse("it is another cluster's");
        File.ReadAllText(Path.Combine(aside, "orders.jsonl")).ShouldBe("ordered");
        node.Join("two").ShouldBeNull();
    }

    [Fact]
    public void ATermIsClaimedOnce_HigherThanAnyThatIsKnown()
    {
        using var node = NodeFolder.Open(_folder["n"]);

        node.ClaimTerm(0).ShouldBe(1);
        node.ClaimTerm(0).ShouldBe(2, "the first one was claimed, and its holder came no further");
        node.ClaimTerm(8).ShouldBe(9);
        node.Hear(12, "a");
        node.ClaimTerm(9).ShouldBe(13);
    }

    [Fact]
    public void ADamagedMemoryIsNamed()
    {
        Directory.CreateDirectory(_folder["n"]);
        File.WriteAllText(Path.Combine(_folder["n"], "cluster.json"), "{");

        Should.Throw<UserException>(() => NodeFolder.Open(_folder["n"])).Message.ShouldContain("cluster.json is damaged");
    }
}
