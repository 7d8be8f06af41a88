using System.Collections.Immutable;
using Backprop.Coordinator.Cluster.Nodes;
using Backprop.Coordinator.Cluster.Orders;
using Backprop.Coordinator.Cluster.Record;
using Backprop.Coordinator.Storage;
using Backprop.Shared.Primitives;
using Backprop.Tests.Coordinator.Cluster.Record;
using Backprop.Tests.TestUtilities;
using Microsoft.Extensions.Logging.Abstractions;

namespace Backprop.Tests.Coordinator.Cluster.Nodes;

/// <summary>When a coordinator lets another go on, whom it removes, and what becomes of a record that is not followed any more.</summary>
public sealed class HandingOverTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(ExitCode.Fenced, 1, 9, true)]
    [InlineData(ExitCode.Storage, 3, 1, true)]
    [InlineData(ExitCode.Storage, 3, 2, true)]
    [InlineData(ExitCode.Storage, 3, 3, false)]
    [InlineData(ExitCode.Storage, 1, 1, false)]
    [InlineData(ExitCode.Done, 3, 1, false)]
    [InlineData(ExitCode.Usage, 3, 1, false)]
    [InlineData(ExitCode.TooFewWorkers, 3, 1, false)]
    internal void ARunIsHandedOnUntilEachVoterHasHadIt(ExitCode end, int voters, int terms, bool isDue)
    {
        string[] ids = [.. "abcdefg"[..voters].Select(letter => $"{letter}")];
        var entries = new List<OrderEntry> { new(EntryKind.Configured) { Voters = ids } };
        entries.AddRange(Enumerable.Repeat(new OrderEntry(EntryKind.Term), 4));
        entries.Add(new(EntryKind.Durable) { Of = "r", Count = 100 });
        entries.Add(new(EntryKind.Durable) { Of = "another", Count = 100 });
        entries.AddRange(Enumerable.Repeat(new OrderEntry(EntryKind.Term), terms));

        Resignation.IsDue(end, StateOf(entries), "r").ShouldBe(isDue);
    }

    [Fact]
    public void AMemberIsRemovedOnlyWhenItHasBeenOutOfReachForAWhile()
    {
        var departures = new Departures();
        departures.Mark("x", isReachable: false, Seconds(1));
        departures.Mark("y", isReachable: false, Seconds(2));
        departures.Mark("x", isReachable: false, Seconds(3));
        departures.Mark("z", isReachable: true, Seconds(3));
        departures.Due(Seconds(5.9)).ShouldBeEmpty();
        departures.Due(Seconds(6)).ShouldBe(["x"], "by when it was first out of reach");
        departures.Due(Seconds(7)).ShouldBe(["x", "y"], ignoreOrder: true);

        departures.Mark("x", isReachable: true, Seconds(8));
        departures.Due(Seconds(9)).ShouldBe(["y"]);
        departures.Mark("x", isReachable: false, Seconds(10));
        departures.Due(Seconds(14)).ShouldBe(["y"], "it begins anew");
    }

    [Fact]
    public void AnotherClustersRecordIsSetAside_AndItsDataStays()
    {
        OldRecord.SetAside(_folder.Path, "old").ShouldBeNull("there is nothing");
        for (var times = 0; times < 2; times++)
        {
            foreach (var part in (string[])["record", "queue", "runs/r", "data"])
            {
                Directory.CreateDirectory(_folder[part]);
                File.WriteAllText(_folder[$"{part}/x"], $"{times}");
            }

            var aside = OldRecord.SetAside(_folder.Path, "old");

            aside.ShouldBe(_folder[times == 0 ? "of-old" : "of-old-2"]);
            Directory.GetDirectories(aside!).Select(Path.GetFileName).Order().ShouldBe(["queue", "record", "runs"]);
            File.ReadAllText(Path.Combine(aside!, "runs", "r", "x")).ShouldBe($"{times}");
            Directory.Exists(_folder["record"]).ShouldBeFalse();
            File.ReadAllText(_folder["data/x"]).ShouldBe($"{times}");
        }

        File.ReadAllText(_folder["of-old/record/x"]).ShouldBe("0", "what was set aside before stays");
    }

    [Fact]
    public void WhatCannotBeSetAsideIsSaid()
    {
        Directory.CreateDirectory(_folder["runs"]);
        File.WriteAllText(_folder["of-old"], "a file");

        Should.Throw<UserException>(() => OldRecord.SetAside(_folder.Path, "old")).ExitCode.ShouldBe(ExitCode.Storage);
        Directory.Exists(_folder["runs"]).ShouldBeTrue();
    }

    [Fact]
    public void ACheckpointIsAgreedWithItsFiles_AndNotInATermThatIsOver()
    {
        using var scene = new RecordScene();
        using var folder = NodeFolder.Open(_folder["node"]);
        var record = scene.Begin("a")[0];
        scene.UntilLed();
        var term = record.State.Promised;
        Directory.CreateDirectory(folder.RunFolderOf("r"));
        File.WriteAllText(Path.Combine(folder.RunFolderOf("r"), RunFolderFiles.Ledger), "line\n");
        using var agreement = new RunAgreement(record, folder, "r", term, TimeProvider.System, NullLogger.Instance);

        agreement.Agree(100);

        var what = record.State.Log[^1].What;
        (what.Kind, what.Of, what.Count).ShouldBe((EntryKind.Durable, "r", 100));
        what.Kept.ShouldBe([KeptScene.Described($"runs/r/{RunFolderFiles.Ledger}", "line\n")]);
        agreement.KnownLedger().ShouldBe("line\n".Length);
        using var late = new RunAgreement(record, folder, "r", term - 1, TimeProvider.System, NullLogger.Instance);
        Should.Throw<UserException>(() => late.Agree(200)).ExitCode.ShouldBe(ExitCode.Fenced);
        record.State.Log[^1].What.ShouldBe(what);
    }

    /// <summary>Who takes over reads a long ledger only from where all agreed on it.</summary>
    [Fact]
    public void ALedgerIsKnownAsFarAsItIsWhatWasAgreedOn()
    {
        using var scene = new RecordScene();
        using var folder = NodeFolder.Open(_folder["node"]);
        var record = scene.Begin("a")[0];
        scene.UntilLed();
        Directory.CreateDirectory(folder.RunFolderOf("r"));
        var ledger = Path.Combine(folder.RunFolderOf("r"), RunFolderFiles.Ledger);
        Known().ShouldBe(0, "nothing is there");
        File.WriteAllText(ledger, "first\n");
        Known().ShouldBe(0, "nothing was agreed on");
        using (var agreement = New("r"))
        {
            agreement.Agree(100);
            File.AppendAllText(ledger, "second\n");
            agreement.Agree(200);
        }

        File.AppendAllText(ledger, "third\n");
        Known().ShouldBe("first\nsecond\n".Length);
        Known("other").ShouldBe(0);
        File.WriteAllText(ledger, "first\nseconD\nthird\n");
        Known().ShouldBe(0, "it was damaged");
        File.WriteAllText(ledger, "first\n");
        Known().ShouldBe(0, "it was cut");

        RunAgreement New(string run) =>
            new(record, folder, run, record.State.Promised, TimeProvider.System, NullLogger.Instance);
        long Known(string run = "r")
        {
            using var agreement = New(run);
            return agreement.KnownLedger();
        }
    }

    [Fact]
    public async Task WhoWaitsForAMajorityThatNeverComesSaysSo_AndIsFencedWhenTheRecordIsClosed()
    {
        using var scene = new RecordScene();
        using var folder = NodeFolder.Open(_folder["node"]);
        scene.Begin("a", "b", "c");
        var record = scene.UntilLed();
        var self = record.State.Self;
        foreach (var other in record.State.Voters.Where(voter => voter != self).ToList())
        {
            scene.Kill(other);
        }

        var length = record.State.Log.Count;
        var (clock, warnings) = (new ManualClock(), new WarningList());
        using var agreement = new RunAgreement(record, folder, "r", record.State.Promised, clock, warnings);
        var agreed = Task.Run(() => agreement.Agree(100));
        SpinWait.SpinUntil(() => record.State.Log.Count > length, TimeSpan.FromSeconds(30)).ShouldBeTrue();
        agreed.IsCompleted.ShouldBeFalse();
        SpinWait.SpinUntil(
            () =>
            {
                clock.Advance(60);
                return warnings.Lines.Count > 0;
            },
            TimeSpan.FromSeconds(30)).ShouldBeTrue("it is said that nobody takes the checkpoint");

        scene.Kill(self);

        var ended = agreed.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
        (await Should.ThrowAsync<UserException>(() => ended)).ExitCode.ShouldBe(ExitCode.Fenced);
    }

    private static RecordState StateOf(IEnumerable<OrderEntry> entries) => new()
    {
        Self = "a",
        Log = entries.Select(entry => new RecordEntry(1, entry)).ToImmutableList(),
    };

    private static TimeSpan Seconds(double count) => TimeSpan.FromSeconds(count);
}
