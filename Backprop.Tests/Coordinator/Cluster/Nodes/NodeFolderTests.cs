using Backprop.Coordinator.Cluster.Nodes;
using Backprop.Shared.Primitives;
using Backprop.Shared.Protocol;
using Backprop.Tests.TestUtilities;
using Backprop.Worker.Protocol;

namespace Backprop.Tests.Coordinator.Cluster.Nodes;

/// <summary>A node remembers who it is, whom it knows, and whose record it keeps.</summary>
public sealed class NodeFolderTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void ANodeIsTheSameWhenItStartsAgain_AndKnowsTheOthers()
    {
        string id, cluster, record;
        using (var first = NodeFolder.Open(_folder["n"]))
        {
            first.Cluster.ShouldBeEmpty();
            first.BeginRecord();
            first.Form();
            first.Remember(
                [
                    new NodeInfo { Id = "other", Address = "10.0.0.2:7400", Roles = { NodeOptions.Coordinator } },
                    new NodeInfo { Id = first.NodeId, Address = "me:1" },
                ]);
            first.Hear(4, "a");
            (id, cluster, record) = (first.NodeId, first.Cluster, first.Record);
        }

        using var again = NodeFolder.Open(_folder["n"]);

        (again.NodeId, again.Cluster, again.Term).ShouldBe((id, cluster, (4, "a")));
        (again.Record, again.KeepsRecord).ShouldBe((record, true));
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
    public void AClusterThatIsFormedAnewHasAnotherId_AndTheSameRecord()
    {
        using var node = NodeFolder.Open(_folder["n"]);
        node.BeginRecord();
        node.Form();
        var (cluster, record) = (node.Cluster, node.Record);

        node.Form();

        node.Cluster.ShouldNotBe(cluster);
        node.Record.ShouldBe(record);
        node.Join("third", record, keeps: true).ShouldBeNull();
        node.KeepsRecord.ShouldBeTrue();
    }

    [Fact]
    public void WhatBelongsToAnotherRecordIsSetAside()
    {
        using var node = NodeFolder.Open(_folder["n"]);
        node.Join("one", "1111", keeps: true);
        node.Hear(7, "a");
        node.Hear(5, "b");
        node.Term.ShouldBe((7, "a"));
        node.Join("one", "1111", keeps: true).ShouldBeNull();
        node.Term.Number.ShouldBe(7);
        Directory.CreateDirectory(node.RunFolderOf("digits"));

        var aside = node.Join("two", "2222", keeps: false)!;

        (node.Term, node.KeepsRecord).ShouldBe(((0, ""), false));
        Directory.Exists(node.RecordPath).ShouldBeFalse("it is another cluster's");
        Directory.Exists(node.RunFolderOf("digits")).ShouldBeFalse();
        Directory.Exists(Path.Combine(aside, "record")).ShouldBeTrue();
        Directory.Exists(Path.Combine(aside, "runs", "digits")).ShouldBeTrue();
        node.Join("two", "2222", keeps: true).ShouldBeNull();
        node.KeepsRecord.ShouldBeTrue("it was made to keep one since");
    }

    [Fact]
    public void ADamagedMemoryIsNamed()
    {
        Directory.CreateDirectory(_folder["n"]);
        File.WriteAllText(Path.Combine(_folder["n"], "cluster.json"), "{");

        Should.Throw<UserException>(() => NodeFolder.Open(_folder["n"])).Message.ShouldContain("cluster.json is damaged");
    }
}
