using Backprop.Coordinator.Cluster.Orders;
using Backprop.Coordinator.Cluster.Record;
using Backprop.Tests.Coordinator.Cluster.Record;

namespace Backprop.Tests.Coordinator.Cluster.Orders;

/// <summary>By what is proposed the next order is judged; acted on is only what is committed.</summary>
public sealed class AgreedBookTests : IDisposable
{
    private readonly RecordScene _scene = new();
    private readonly Queue<(long Index, RecordEntry Entry)> _posted = [];
    private readonly List<string> _calls = [];
    private readonly RecordCopy _record;
    private readonly AgreedBook _book;

    public AgreedBookTests()
    {
        _record = _scene.Begin("a")[0];
        _scene.UntilLed();
        _record.Propose(Drained("before"));
        _book = new AgreedBook(_record, _record.State.Promised);
        _book.Begin((index, entry) => _posted.Enqueue((index, entry))).ShouldBeTrue();
    }

    public void Dispose() => _scene.Dispose();

    [Fact]
    public void ItBeginsWithWhatIsCommitted()
    {
        _book.Agreed.Drained.ShouldBe(["before"]);
        _book.Draft.Drained.ShouldBe(["before"]);
        _book.Agreed.Term.ShouldBe(_record.State.Promised);
        new AgreedBook(_record, _record.State.Promised - 1).Begin((_, _) => { }).ShouldBeFalse();
    }

    [Fact]
    public void TheDraftJudges_AndOnlyWhatIsCommittedIsActedOn()
    {
        _book.Propose(Drained("left"), Called("done"), Called("lost"));

        _book.Draft.Drained.ShouldContain("left");
        _book.Agreed.Drained.ShouldNotContain("left");
        _calls.ShouldBeEmpty();

        Deliver();
        _book.Agreed.Drained.ShouldContain("left");
        _calls.ShouldBe(["done"]);
    }

    [Fact]
    public void ThenWaitsForWhatWasJudgedBy_AndNotWhereNothingIsOpen()
    {
        _book.Then(Called("at once"), Called("lost"));
        _calls.ShouldBe(["at once"]);

        _book.Propose(Drained("left"), Called("left"));
        _book.Propose(Drained("right"), Called("right"));
        _book.Then(Called("both"), Called("lost"));
        Deliver(1);
        _calls.ShouldBe(["at once", "left"]);
        Deliver();

        _calls.ShouldBe(["at once", "left", "right", "both"]);
    }

    [Fact]
    public void WhatOthersProposedIsInBothBooks_AndInItsPlace()
    {
        _record.Propose(Drained("theirs"));
        _book.Propose(Drained("ours"), Called("ours"));
        _book.Agreed.Drained.ShouldBe(["before"]);

        Deliver();

        _book.Agreed.Drained.ShouldBe(["before", "ours", "theirs"], ignoreOrder: true);
        _calls.ShouldBe(["ours"]);
        _record.Propose(Drained("late"));
        Deliver();
        _book.Draft.Drained.ShouldContain("late");
    }

    [Fact]
    public void AnEntryThatIsToldTwiceOrOutOfPlaceChangesNothing()
    {
        _book.Propose(Drained("left"), Called("done"));
        var (index, entry) = _posted.Peek();
        _book.Commit(index + 1, entry);
        _calls.ShouldBeEmpty();

        Deliver();
        _book.Commit(index, entry);
        _calls.ShouldBe(["done"]);
    }

    [Fact]
    public void LoseCallsEachOnce_EvenWhereThatOrdersSomething()
    {
        _book.Propose(Drained("left"), Called("done"), () =>
        {
            _calls.Add("left lost");
            _book.Then(Called("done"), Called("never"));
        });
        _book.Propose(Drained("right"), Called("done"), Called("right lost"));
        _book.Propose(Drained("nobody asks"));
        _book.Then(Called("done"), Called("then lost"));

        _book.Lose();

        _calls.ShouldBe(["left lost", "right lost", "then lost"]);
        _posted.Clear();
        _record.Propose(Drained("later"));
        _posted.ShouldBeEmpty("nobody is told any more");
    }

    [Fact]
    public async Task WhoDoesNotLeadLosesAtOnce_AndDraftsNothing()
    {
        await _record.ResignAsync();

        _book.Propose(Drained("left"), Called("done"), Called("lost"));

        _calls.ShouldBe(["lost"]);
        _book.Draft.Drained.ShouldBe(["before"]);
    }

    [Fact]
    public async Task WhoLeadsAgainInALaterTermOrdersNothingInAnEarlierOnesName()
    {
        await _record.ResignAsync();
        _scene.UntilLed();
        var length = _record.State.Log.Count;

        _book.Propose(Drained("left"), Called("done"), Called("lost"));

        _calls.ShouldBe(["lost"]);
        _record.State.Log.Count.ShouldBe(length);
        _posted.ShouldBeEmpty();
    }

    private static OrderEntry Drained(string name) => new(EntryKind.Drained) { Name = name };

    private Action Called(string what) => () => _calls.Add(what);

    private void Deliver(int count = int.MaxValue)
    {
        for (; count > 0 && _posted.TryDequeue(out var posted); count--)
        {
            _book.Commit(posted.Index, posted.Entry);
        }
    }
}
