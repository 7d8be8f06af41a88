using Backprop.Coordinator.Cluster.Nodes;
using Backprop.Coordinator.Cluster.Orders;
using Backprop.Shared.Protocol;
using Backprop.Worker.Protocol;

namespace Backprop.Tests.Coordinator.Cluster.Nodes;

/// <summary>Who coordinates knows its nodes by their reports, and how many workers each is to run.</summary>
public sealed class NodeTableTests
{
    private readonly NodeTable _nodes = new();
    private readonly OrderBook _book = new();

    [Fact]
    public void UntilTheClusterIsScaledEachNodeRunsItsOwnNumber()
    {
        Take("1", "a", own: 2);
        Take("2", "b", own: 3);

        _nodes.Wanted(_book).ShouldBe(new Dictionary<string, int> { ["1"] = 2, ["2"] = 3 }, ignoreOrder: true);
    }

    [Fact]
    public void AfterThatTheyAreSpread_AlsoOverWhoComesLater_ButNotOverTheDrained()
    {
        _book.Apply(new OrderEntry(EntryKind.Scaled) { Count = 4 });
        Take("1", "a", own: 2);
        _nodes.Wanted(_book)["1"].ShouldBe(4);

        Take("2", "b", own: 2);
        _nodes.Wanted(_book).Values.ShouldBe([2, 2]);

        _book.Apply(new OrderEntry(EntryKind.Drained) { Name = "a" });
        (_nodes.Wanted(_book)["1"], _nodes.Wanted(_book)["2"]).ShouldBe((0, 4));
    }

    [Fact]
    public void ANodeWithoutTheRoleRunsNoWorkers()
    {
        _book.Apply(new OrderEntry(EntryKind.Scaled) { Count = 4 });
        Take("1", "a", own: 2, NodeOptions.Coordinator);
        Take("2", "b", own: 2);

        (_nodes.Wanted(_book)["1"], _nodes.Wanted(_book)["2"]).ShouldBe((0, 4));
    }

    [Fact]
    public void ASecondNodeOfANameIsNotTaken_UnlessTheFirstIsSilentForLongOrCannotBeReached()
    {
        Take("1", "a", own: 1);
        _nodes.Take(Report("2", "a", 1), TimeSpan.FromSeconds(1))!.Id.ShouldBe("1");
        _nodes.Take(Report("1", "a", 1), TimeSpan.FromSeconds(2)).ShouldBeNull("it is the same node, back again");

        _nodes.Take(Report("2", "a", 1), TimeSpan.FromSeconds(40)).ShouldBeNull();
        Take("3", "c", own: 1);
        _nodes.Mark("akka-3", unreachable: true);
        _nodes.Take(Report("4", "c", 1), TimeSpan.Zero).ShouldBeNull();
    }

    [Fact]
    public void ThereIsAPlaceForSoManyNodesAndNoMore()
    {
        for (var i = 0; i < MailCheck.NodesMaximum; i++)
        {
            _nodes.HasPlaceFor($"{i}").ShouldBeTrue();
            Take($"{i}", $"n{i}", own: 1);
        }

        _nodes.HasPlaceFor("new").ShouldBeFalse();
        _nodes.HasPlaceFor("7").ShouldBeTrue();
    }

    [Fact]
    public void ANodeThatIsGoneIsForgotten()
    {
        Take("1", "a", own: 1);
        _nodes.Names.ShouldBe(["a", "a/1"], ignoreOrder: true);

        _nodes.Remove("akka-1")!.Name.ShouldBe("a");

        _nodes.Remove("akka-1").ShouldBeNull();
        _nodes.Names.ShouldBeEmpty();
        _nodes.Wanted(_book).ShouldBeEmpty();
    }

    private void Take(string id, string name, int own, params string[] roles) =>
        _nodes.Take(Report(id, name, own, roles), TimeSpan.Zero).ShouldBeNull();

    private static NodeReport Report(string id, string name, int own, params string[] roles)
    {
        var info = new NodeInfo { Id = id, Name = name, Cores = 2, Address = $"{name}:1", AkkaAddress = $"akka-{id}" };
        info.Roles.AddRange(roles.Length > 0 ? roles : [NodeOptions.Worker, NodeOptions.Coordinator]);
        return new NodeReport { Node = info, WorkersOwn = own, Workers = { new WorkerView { Name = $"{name}/1" } } };
    }
}
