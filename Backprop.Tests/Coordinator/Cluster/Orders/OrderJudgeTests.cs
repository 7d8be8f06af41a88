using Backprop.Coordinator.Cluster.Orders;
using Backprop.Shared.Primitives;
using Backprop.Shared.Protocol;
using Backprop.Worker.Protocol;

namespace Backprop.Tests.Coordinator.Cluster.Orders;

/// <summary>
/// An order that can be followed becomes an entry; one that cannot is refused in words; one that changes nothing says so.
/// </summary>
public sealed class OrderJudgeTests
{
    private readonly OrderBook _book = new();
    private bool _runsWorkers = true;

    [Fact]
    public void AScaleIsWrittenDown()
    {
        Judge(new Order { Scale = 6 }).Entry.ShouldBe(new OrderEntry(EntryKind.Scaled) { Count = 6 });
        Judge(new Order { Scale = 0 }).Entry!.Count.ShouldBe(0);
        Refused(new Order { Scale = -2 }).ShouldContain("0 to 4096");
        Refused(new Order { Scale = 4097 }).ShouldContain("not 4097");
    }

    [Fact]
    public void EachNodeRunsItsOwnNumberAgain()
    {
        Judge(new Order { Scale = OrderJudge.OwnNumbers }).Entry.ShouldBeNull();

        _book.Apply(Judge(new Order { Scale = 6 }).Entry!);
        _book.Scale.ShouldBe(6);
        _book.Apply(Judge(new Order { Scale = OrderJudge.OwnNumbers }).Entry!);
        _book.Scale.ShouldBeNull();
    }

    [Fact]
    public void WhereNoNodeRunsWorkersAScaleSaysSo()
    {
        Judge(new Order { Scale = 2 }).Said.ShouldBe("the cluster runs 2 workers from now on");
        _runsWorkers = false;
        Judge(new Order { Scale = 2 }).Said.ShouldContain("no node of it has the role worker");
    }

    [Fact]
    public void OnlyWhatIsThereIsDrained_AndOnlyOnce()
    {
        Judge(new Order { Drain = "a/1" }).Entry.ShouldBe(new OrderEntry(EntryKind.Drained) { Name = "a/1" });
        Refused(new Order { Drain = "nobody" }).ShouldContain("nobody");
        Refused(new Order { Undrain = "a" }).ShouldContain("not drained");

        _book.Apply(new OrderEntry(EntryKind.Drained) { Name = "a" });
        Judge(new Order { Drain = "a" }).Entry.ShouldBeNull();
        Judge(new Order { Undrain = "a" }).Entry!.Kind.ShouldBe(EntryKind.Undrained);
    }

    [Fact]
    public void WhatIsOrderedOfARunNeedsOne()
    {
        foreach (var order in (Order[])[new() { Pause = true }, new() { Resume = true }, new() { Checkpoint = true }, new() { Stop = "" }])
        {
            Refused(order).ShouldContain("backprop status");
        }

        Refused(new Order()).ShouldContain("same version");
    }

    [Fact]
    public void ARunIsPausedAndGoesOn()
    {
        Begin("a");
        var pause = Judge(new Order { Pause = true }).Entry!;
        pause.ShouldBe(new OrderEntry(EntryKind.Paused) { Of = "a" });
        Judge(new Order { Resume = true }).Entry.ShouldBeNull();

        _book.Apply(pause);
        Judge(new Order { Pause = true }).Entry.ShouldBeNull();
        Judge(new Order { Resume = true }).Entry!.Kind.ShouldBe(EntryKind.Resumed);
        Judge(new Order { Checkpoint = true }).Asks!.Id.ShouldBe("a");
    }

    [Fact]
    public void ARunIsStoppedByIdOrName_AlsoOneThatWaits()
    {
        Begin("a");
        _book.Apply(new OrderEntry(EntryKind.Submitted) { Of = "a-2", Name = "a", Submission = "t" });

        Judge(new Order { Stop = "" }).Entry!.Of.ShouldBe("a");
        Judge(new Order { Stop = "a-2" }).Said.ShouldContain("queue");
        Refused(new Order { Stop = "b" }).ShouldContain("no run 'b'");

        _book.Apply(new OrderEntry(EntryKind.StopOrdered) { Of = "a" });
        Judge(new Order { Stop = "a" }).Entry.ShouldBeNull();
        _book.Apply(new OrderEntry(EntryKind.Ended) { Of = "a", State = RunState.Stopped });
        Refused(new Order { Stop = "a" }).ShouldContain("ended already: stopped. To stop a-2, name it so.");
    }

    [Fact]
    public void SoManyRunsMayWaitAndNoMore()
    {
        for (var i = 0; i < OrderJudge.WaitingMaximum; i++)
        {
            OrderJudge.RequirePlace(_book);
            _book.Apply(new OrderEntry(EntryKind.Submitted) { Of = $"r{i}", Name = "r", Submission = $"s{i}" });
        }

        Should.Throw<UserException>(() => OrderJudge.RequirePlace(_book)).ExitCode.ShouldBe(ExitCode.Usage);
        _book.Apply(new OrderEntry(EntryKind.Ended) { Of = "r0", State = RunState.Completed });
        OrderJudge.RequirePlace(_book);
    }

    [Theory]
    [InlineData(7, new[] { 2, 4, 8 }, new[] { 1, 2, 4 })]
    [InlineData(6, new[] { 2, 2, 2 }, new[] { 2, 2, 2 })]
    [InlineData(1, new[] { 2, 2, 2 }, new[] { 1, 0, 0 })]
    [InlineData(5, new[] { 1, 1, 4 }, new[] { 1, 1, 3 })]
    [InlineData(0, new[] { 4 }, new[] { 0 })]
    [InlineData(4, new int[0], new int[0])]
    public void WorkersAreSpreadByCores(int workers, int[] cores, int[] expected)
    {
        var nodes = cores.Select((count, index) => new NodeShare($"{index}", $"n{index}", count)).ToArray();

        var spread = WorkerSpread.Of(workers, nodes);

        nodes.Select(node => spread[node.Id]).ShouldBe(expected);
    }

    private Verdict Judge(Order order) => new OrderJudge(_book, new HashSet<string> { "a", "a/1", "a/2" }, _runsWorkers).Judge(order);

    private string Refused(Order order)
    {
        var refused = Should.Throw<UserException>(() => Judge(order));
        refused.ExitCode.ShouldBe(ExitCode.Usage);
        return refused.Message;
    }

    private void Begin(string run)
    {
        _book.Apply(new OrderEntry(EntryKind.Submitted) { Of = run, Name = run, Submission = "s" });
        _book.Apply(new OrderEntry(EntryKind.Began) { Of = run });
    }
}
