using System.Collections.Immutable;
using Backprop.Coordinator.Cluster.Orders;
using Backprop.Coordinator.Cluster.Record;

namespace Backprop.Tests.Coordinator.Cluster.Record;

/// <summary>An entry is taken when its files are here, and not before; what nobody needs any more holds up nothing.</summary>
public sealed class RecordFollowerTests : IDisposable
{
    private const string Text = "0123456789abcdefghijklmnopqrstuvwxyz";
    private readonly RecordScene _record = new();
    private readonly KeptScene _scene = new();
    private readonly RecordCopy _copy;
    private readonly RecordFollower _follower;
    private readonly List<RecordEntry> _log = [new(1, new OrderEntry(EntryKind.Configured) { Voters = ["l", "f", "g"] })];

    public RecordFollowerTests()
    {
        _copy = _record.Open("f");
        _follower = new RecordFollower(_copy, _scene.Root, _record.Clock, _record.Warnings);
    }

    public void Dispose()
    {
        _follower.Dispose();
        _record.Dispose();
        _scene.Dispose();
    }

    [Fact]
    public async Task AnEntryIsTakenWithItsFiles()
    {
        Add(EntryKind.Submitted, "r", _scene.Lead("queue/r.yaml", "name: r"), _scene.Lead("data/x.csv", Text));
        var checkpoint = _scene.Lead("runs/r/checkpoints/step-00000001.safetensors", "1");
        Add(EntryKind.Durable, "r", _scene.Lead("runs/r/ledger.jsonl", Text), checkpoint);

        await TakeUntil(3);

        File.ReadAllText(_scene["queue/r.yaml"]).ShouldBe("name: r");
        File.ReadAllText(_scene["runs/r/checkpoints/step-00000001.safetensors"]).ShouldBe("1");
    }

    [Fact]
    public async Task ACheckpointThatCannotBeFetchedIsNotTaken_NorWhatComesAfterIt()
    {
        var file = _scene.Lead("runs/r/checkpoints/step-00000001.safetensors", Text);
        Add(EntryKind.Durable, "r", file);
        Add(EntryKind.Scaled);
        _scene.IsSilent = true;
        (await Take()).ShouldBe(1);
        _scene.IsSilent = false;
        _scene.Spoils = piece => [0, .. piece[1..]];
        (await Take()).ShouldBe(1);
        _scene.Spoils = _ => [];
        (await Take()).ShouldBe(1);
        (await Take()).ShouldBe(1, "the leader says that it is gone: then nobody can go on from it here");

        _scene.Spoils = piece => piece;
        await TakeUntil(3);
    }

    [Theory]
    [InlineData(EntryKind.Ended)]
    [InlineData(EntryKind.Submitted)]
    internal async Task WhatEndedOrWasSubmittedIsNotHeldUpByAFileThatIsGone(EntryKind kind)
    {
        Add(kind, "r", _scene.Lead("runs/r/summary.json", Text), _scene.Lead("runs/r/run.yaml", "name: r"));
        Add(EntryKind.Scaled);
        _scene.Delete("runs/r/summary.json");

        await TakeUntil(3);

        File.Exists(_scene["runs/r/summary.json"]).ShouldBeFalse();
        File.ReadAllText(_scene["runs/r/run.yaml"]).ShouldBe("name: r", "the others are fetched all the same");
    }

    [Fact]
    public async Task WhatEndedWaitsForAFileThatIsNotKnownToBeGone()
    {
        Add(EntryKind.Ended, "r", _scene.Lead("runs/r/summary.json", Text));
        _scene.IsSilent = true;

        (await Take()).ShouldBe(1);
        (await Take()).ShouldBe(1);
    }

    [Fact]
    public async Task WhatIsSupersededNeedsNoFiles()
    {
        Add(EntryKind.Durable, "r", KeptScene.Described("runs/r/checkpoints/step-00000001.safetensors", Text));
        Add(EntryKind.Durable, "r", _scene.Lead("runs/r/checkpoints/step-00000002.safetensors", Text));

        await TakeUntil(3, false, true, false);

        File.Exists(_scene["runs/r/checkpoints/step-00000001.safetensors"]).ShouldBeFalse();
    }

    [Fact]
    public async Task APathThatLeadsElsewhereIsNeverTaken()
    {
        Add(EntryKind.Ended, "r", KeptScene.Described("../secret", "secret"));

        (await Take()).ShouldBe(1);
        (await Take()).ShouldBe(1);

        _scene.Everything().ShouldBe(["../secret"]);
    }

    [Fact]
    public async Task WhatNeedsNoFileIsTakenWhileAFetchGoesOn_AndThereIsOneFetch()
    {
        var arrives = new TaskCompletionSource<ReadOnlyMemory<byte>?>(TaskCreationOptions.RunContinuationsAsynchronously);
        var asked = 0;
        Task<ReadOnlyMemory<byte>?> Slowly(KeptFile file, long offset)
        {
            Interlocked.Increment(ref asked);
            return arrives.Task;
        }

        Add(EntryKind.Scaled);
        Add(EntryKind.Durable, "r", _scene.Lead("runs/r/checkpoints/step-00000001.safetensors", "1"));
        var first = _follower.TakeAsync(Came(0), new bool[3], Slowly);
        (await AfterASecond(first)).ShouldBe(2);
        SpinWait.SpinUntil(() => Volatile.Read(ref asked) == 1, TimeSpan.FromSeconds(30)).ShouldBeTrue();

        // The leader writes over the entry that waits, as another would; what it sends now needs nothing.
        _log[2] = new RecordEntry(1, new OrderEntry(EntryKind.Scaled) { Count = 5 });
        Add(EntryKind.Durable, "r", _scene.Lead("runs/r/checkpoints/step-00000002.safetensors", "2"));
        (await AfterASecond(_follower.TakeAsync(Came(0), new bool[4], Slowly))).ShouldBe(3);
        Volatile.Read(ref asked).ShouldBe(1);

        arrives.SetResult("1"u8.ToArray());
        await TakeUntil(4);
    }

    [Fact]
    public async Task TheEndDoesNotWaitForAFetch()
    {
        var never = new TaskCompletionSource<ReadOnlyMemory<byte>?>();
        var asked = new TaskCompletionSource();
        Add(EntryKind.Durable, "r", _scene.Lead("runs/r/checkpoints/step-00000001.safetensors", "1"));
        var follower = new RecordFollower(_copy, _scene.Root, _record.Clock, _record.Warnings);
        var taken = follower.TakeAsync(Came(0), new bool[2], (_, _) =>
        {
            asked.TrySetResult();
            return never.Task;
        });
        await asked.Task.WaitAsync(TestContext.Current.CancellationToken);

        await Task.Run(follower.Dispose).WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);

        _record.Clock.Advance(1);
        (await taken)!.Value.Matched.ShouldBe(1);
    }

    [Fact]
    public async Task ADiskThatCannotBeWrittenIsSaidOnce_AndTheNextTryGoesOn()
    {
        File.WriteAllText(_scene["runs"], "a file in the place of a folder");
        Add(EntryKind.Durable, "r", _scene.Lead("runs/r/checkpoints/step-00000001.safetensors", "1"));
        (await Take()).ShouldBe(1);
        (await Take()).ShouldBe(1);
        _record.Warnings.Lines.ShouldHaveSingleItem().ShouldStartWith("this node cannot follow the cluster's record: Cannot write ");

        File.Delete(_scene["runs"]);
        await TakeUntil(2);
    }

    [Fact]
    public async Task OnlyTheRunsOwnCheckpointsThatNothingNamesArePruned()
    {
        const string folder = "runs/r/checkpoints";
        for (var step = 1; step <= 5; step++)
        {
            var best = _scene.Lead($"{folder}/step-0000000{Math.Min(step, 2)}.safetensors", $"{Math.Min(step, 2)}");
            Add(EntryKind.Durable, "r", best, _scene.Lead($"{folder}/step-0000000{step}.safetensors", $"{step}"));
        }

        Add(EntryKind.Durable, "s", _scene.Lead("runs/s/checkpoints/step-00000007.safetensors", "7"));
        string[] others =
            [$"{folder}/notes.txt", "runs/s/checkpoint.txt", "runs/t/checkpoints/step-00000001.safetensors"];
        foreach (var path in others)
        {
            _scene.Have(path, "other");
        }

        _scene.Have($"{folder}/step-00000009.safetensors", "of nobody");
        await TakeUntil(6, committed: 4);

        // Committed is the third checkpoint; what is newer may be all that somebody goes on from; the second is the best.
        foreach (var step in (int[])[2, 3, 4, 5])
        {
            File.Exists(_scene[$"{folder}/step-0000000{step}.safetensors"]).ShouldBeTrue($"step {step}");
        }

        others.ShouldAllBe(path => File.Exists(_scene[path]));
        File.Exists(_scene[$"{folder}/step-00000009.safetensors"]).ShouldBeFalse();

        await TakeUntil(7, committed: 6);
        Add(EntryKind.Durable, "r", _scene.Lead($"{folder}/step-00000008.safetensors", "8"));
        await TakeUntil(8, committed: 7);
        Directory.GetFiles(_scene[folder], "step-*").Select(path => Path.GetFileName(path)[5..13]).Order()
            .ShouldBe(["00000002", "00000005", "00000008"]);
        File.Exists(_scene["runs/s/checkpoints/step-00000007.safetensors"]).ShouldBeTrue("it is another run's");
    }

    [Fact]
    public async Task OfALeaderThatIsOverNothingIsTakenNorFetched()
    {
        Add(EntryKind.Durable, "r", _scene.Lead("runs/r/checkpoints/step-00000001.safetensors", "1"));
        _copy.Judge(new RecordInput.PromiseAsked("g", 4, new Position(9, 9), IsTrial: false))!.Value.IsGiven.ShouldBeTrue();

        var answer = (await _follower.TakeAsync(Came(0), new bool[2], _scene.Pieces))!.Value;

        (answer.IsTaken, answer.Promised).ShouldBe((false, 4));
        _scene.Asked.ShouldBeEmpty();
    }

    private void Add(EntryKind kind, string? of = null, params KeptFile[] kept) =>
        _log.Add(new(1, new OrderEntry(kind) { Of = of, Kept = kept.Length > 0 ? kept : null }));

    private RecordInput.EntriesCame Came(long committed) =>
        new("l", 1, new Position(0, 0), _log.ToImmutableList(), committed, Resigns: false);

    private async Task<long> Take() => (await _follower.TakeAsync(Came(0), new bool[_log.Count], _scene.Pieces))!.Value.Matched;

    private async Task<long> AfterASecond(Task<EntriesAnswer?> taken)
    {
        _record.Clock.Advance(1);
        return (await taken)!.Value.Matched;
    }

    private Task TakeUntil(long count, params bool[] superseded) => TakeUntil(count, 0, superseded);

    /// <summary>A leader sends again and again, each time from the start; each time one more may have been fetched.</summary>
    private async Task TakeUntil(long count, long committed, params bool[] superseded)
    {
        EntriesAnswer? answer = null;
        for (var times = 0; times < _log.Count && answer?.Matched != count; times++)
        {
            var sent = Came(committed);
            sent = sent with { Entries = sent.Entries.GetRange(0, (int)count) };
            bool[] without = superseded.Length > 0 ? superseded : new bool[_log.Count];
            answer = await _follower.TakeAsync(sent, without, _scene.Pieces);
        }

        answer!.Value.Matched.ShouldBe(count);
        _copy.State.Log.ShouldBe(_log.Take((int)count));
    }
}
