using Backprop.Coordinator.Cluster.Orders;
using Backprop.Coordinator.Cluster.Record;
using Backprop.Shared.Checkpoints;

namespace Backprop.Tests.Coordinator.Cluster.Record;

/// <summary>Copies of one record in one process: what the core decides is saved, sent, answered and told.</summary>
public sealed class RecordCopyTests : IDisposable
{
    private readonly RecordScene _scene = new();

    public void Dispose() => _scene.Dispose();

    [Fact]
    public void OneLeads_AndEachEntryIsToldOnceInOrder_AndIsOnAllDisks()
    {
        var copies = _scene.Begin("a", "b", "c");
        var leader = _scene.UntilLed();
        copies.Count(copy => copy.State.Leads).ShouldBe(1);
        var told = new List<(long Index, RecordEntry Entry)>();
        var before = leader.Listen(leader.State.Promised, (index, entry) => told.Add((index, entry)))!;

        for (var number = 0; number < 300; number++)
        {
            leader.Propose(Scaled(number)).ShouldBe(before.Count + number + 1);
        }

        _scene.Until(() => copies.All(copy => copy.State.Committed == before.Count + 300));
        lock (told)
        {
            told.Select(entry => entry.Index).ShouldBe(Enumerable.Range(before.Count + 1, 300).Select(index => (long)index));
            told.Select(entry => entry.Entry.What.Count).ShouldBe(Enumerable.Range(0, 300).Select(number => (long?)number));
        }

        var log = leader.State.Log;
        foreach (var copy in copies)
        {
            var id = copy.State.Self;
            copy.State.Log.Select(RecordLine.Of).ShouldBe(log.Select(RecordLine.Of));
            _scene.Kill(id);
            using var disk = RecordDisk.Open(_scene.FolderOf(id), id, RecordScene.Record, out var saved);
            saved.Log.Select(RecordLine.Of).ShouldBe(log.Select(RecordLine.Of));
        }
    }

    [Fact]
    public void AfterTheLeadersDeathAnotherHasAllThatWasCommitted_AndTheRestGoesOn()
    {
        _scene.Begin("a", "b", "c");
        var first = _scene.UntilLed();
        for (var number = 0; number < 20; number++)
        {
            first.Propose(Scaled(number));
        }

        _scene.Until(() => first.State.Committed == first.State.Log.Count);
        var committed = first.State.Log;
        _scene.Kill(first.State.Self);

        var second = _scene.UntilLed();

        second.State.Promised.ShouldBeGreaterThan(committed[^1].Term);
        second.State.Log.Take(committed.Count).Select(RecordLine.Of).ShouldBe(committed.Select(RecordLine.Of));
        var index = second.Propose(Scaled(99));
        _scene.Until(() => second.State.Committed >= index);
    }

    [Fact]
    public void WithoutAMajorityNothingIsCommitted_AndTheLeaderCeases()
    {
        _scene.Begin("a", "b", "c");
        var leader = _scene.UntilLed();
        foreach (var other in leader.State.Voters.Where(voter => voter != leader.State.Self))
        {
            _scene.Kill(other);
        }

        var committed = leader.State.Committed;
        var changed = leader.Changed;
        leader.Propose(Scaled(1)).ShouldNotBeNull();

        _scene.Until(() => !leader.State.Leads, 10);
        leader.State.Committed.ShouldBe(committed);
        changed.IsCompleted.ShouldBeTrue();
        leader.Propose(Scaled(2)).ShouldBeNull();
    }

    [Fact]
    public void WhereNothingCanBeWrittenNothingIsAnswered_TheOthersGoOn_AndItIsSaidOnce()
    {
        var copies = _scene.Begin("a", "b", "c");
        var leader = _scene.UntilLed();
        _scene.Until(() => copies.All(copy => copy.State.Committed == leader.State.Committed));
        var follower = copies.First(copy => !copy.State.Leads);
        var aside = DurableFile.AsideOf(Path.Combine(_scene.FolderOf(follower.State.Self), "promise.json"));
        Directory.CreateDirectory(aside);
        var before = follower.State;

        for (var number = 0; number < 5; number++)
        {
            var index = leader.Propose(Scaled(number));
            _scene.Until(() => leader.State.Committed >= index);
            _scene.Step();
        }

        follower.Take(new(leader.State.Self, leader.State.Promised, Position.EndOf(before.Log), [leader.State.Log[^1]], 0, false))
            .ShouldBeNull();
        follower.Judge(new("x", 1000, new Position(1000, 1000), IsTrial: false)).ShouldBeNull();
        (follower.State.Log, follower.State.Promised).ShouldBe((before.Log, before.Promised));
        _scene.Warnings.Lines.ShouldHaveSingleItem().ShouldStartWith("the cluster's record cannot be kept here: Cannot write ");
        leader.State.Leads.ShouldBeTrue();

        Directory.Delete(aside);
        _scene.Until(() => follower.State.Log.Count == leader.State.Log.Count);
        follower.State.Promised.ShouldBe(leader.State.Promised);
    }

    [Fact]
    public async Task WhoResignsHandsOverSoonerThanItsDeathWould()
    {
        _scene.Begin("a", "b", "c");
        var first = _scene.UntilLed();
        var told = new List<long>();
        first.Listen(first.State.Promised, (index, _) => told.Add(index));
        first.Propose(Scaled(1));
        _scene.Until(() => first.State.Committed == first.State.Log.Count);

        await first.ResignAsync();

        first.State.Leads.ShouldBeFalse();
        RecordCopy? second = null;
        var seconds = _scene.Until(() => (second = Leader("a", "b", "c")) is not null, 10);
        second.ShouldNotBe(first);
        seconds.ShouldBeLessThan(_scene.Rules.Patience.TotalSeconds);
        told.ShouldBe([second!.State.Log.FindIndex(entry => entry.What.Kind == EntryKind.Scaled) + 1]);
    }

    [Fact]
    public void ANetworkThatThrowsHoldsUpNobodyElse_AndItIsTriedAgain()
    {
        var copies = _scene.Begin("a", "b", "c");
        var leader = _scene.UntilLed();
        var other = copies.First(copy => !copy.State.Leads);
        _scene.Throwing[other.State.Self] = true;
        var index = leader.Propose(Scaled(1));
        _scene.Until(() => leader.State.Committed >= index);
        other.State.Log.Count.ShouldBeLessThan((int)index!);

        _scene.Throwing.Clear();

        _scene.Until(() => other.State.Committed >= index, 10);
    }

    [Fact]
    public void AloneItLeadsAtOnce_AndOthersFollowBeforeTheyDecide()
    {
        var alone = _scene.Begin("a")[0];
        _scene.Until(() => alone.State.IsOpen, 1);
        var joined = new[] { _scene.Open("b"), _scene.Open("c") };
        alone.Propose(Scaled(1));

        _scene.Until(() => joined.All(copy => copy.State.Committed == alone.State.Committed));
        joined.ShouldAllBe(copy => !copy.State.MayTry);
        var voters = VoterChoice.Next(alone.State, new HashSet<string> { "a", "b", "c" }, null)!;
        alone.Propose(new OrderEntry(EntryKind.Configured) { Voters = voters }).ShouldNotBeNull();
        _scene.Until(() => joined.All(copy => copy.State.IsVoter && copy.State.LastConfigured <= copy.State.Committed));

        _scene.Kill("a");
        _scene.UntilLed().State.Log.ShouldContain(entry => entry.What.Kind == EntryKind.Scaled);
    }

    [Fact]
    public void OfAnotherTermNothingIsProposedNorTold()
    {
        var alone = _scene.Begin("a")[0];
        _scene.UntilLed();
        var term = alone.State.Promised;
        var told = 0;
        alone.Listen(term, (_, _) => told++).ShouldNotBeNull();
        alone.Listen(term - 1, (_, _) => told = -100).ShouldBeNull();
        alone.Listen(term - 1, null).ShouldBeNull();

        alone.Propose(Scaled(1), term - 1).ShouldBeNull();
        told.ShouldBe(0);
        alone.Propose(Scaled(1), term).ShouldNotBeNull();
        told.ShouldBe(1, "who was to be told in an earlier term takes nothing from who is told in this one");

        alone.Listen(term, null);
        alone.Propose(Scaled(2), term).ShouldNotBeNull();
        told.ShouldBe(1);
    }

    [Fact]
    public void ATakeoverByForceHasThisNodeGoOnAlone()
    {
        _scene.Begin("a", "b", "c");
        var first = _scene.UntilLed();
        first.Propose(Scaled(1));
        _scene.Until(() => first.State.Voters.All(id => _scene[id].State.Committed == first.State.Log.Count));
        var left = first.State.Voters.First(voter => voter != first.State.Self);
        foreach (var gone in first.State.Voters.Where(voter => voter != left).ToList())
        {
            _scene.Kill(gone);
        }

        _scene[left].TakeOver().ShouldBeTrue();

        _scene[left].State.IsOpen.ShouldBeTrue();
        _scene[left].State.Voters.ShouldBe([left]);
        _scene[left].State.Log.ShouldContain(entry => entry.What.Kind == EntryKind.Scaled);
        _scene.Open("empty").TakeOver().ShouldBeFalse();
    }

    [Fact]
    public void ACopyThatIsClosedLeadsNoMore_AndWakesWhoWaits()
    {
        var alone = _scene.Begin("a")[0];
        _scene.UntilLed();
        var changed = alone.Changed;

        _scene.Kill("a");

        changed.IsCompleted.ShouldBeTrue();
        alone.State.Leads.ShouldBeFalse();
        alone.Changed.IsCompleted.ShouldBeFalse("who waits again does not run in circles");
        alone.Propose(Scaled(1)).ShouldBeNull();
        alone.Judge(new("x", 1000, new Position(1000, 1000), IsTrial: false)).ShouldBeNull();
        alone.Dispose();
    }

    [Fact]
    public async Task WhileSomethingIsSlowOneTickWaits_NotAThreadForEach()
    {
        var alone = _scene.Begin("a")[0];
        _scene.UntilLed();
        using var slow = new ManualResetEventSlim();
        using var begun = new ManualResetEventSlim();
        alone.Listen(alone.State.Promised, (_, _) =>
        {
            begun.Set();
            slow.Wait(TimeSpan.FromSeconds(60));
        });
        var proposed = Task.Run(() => alone.Propose(Scaled(1)));
        begun.Wait(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken).ShouldBeTrue();

        Task[] ticks = [Task.Run(() => _scene.Clock.Advance(0.1)), Task.Run(() => _scene.Clock.Advance(0.1))];
        await Task.WhenAny(ticks).WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);

        slow.Set();
        await Task.WhenAll([proposed, .. ticks]);
    }

    private static OrderEntry Scaled(int number) => new(EntryKind.Scaled) { Count = number };

    private RecordCopy? Leader(params string[] ids) => ids.Select(id => _scene[id]).FirstOrDefault(copy => copy.State.IsOpen);
}
