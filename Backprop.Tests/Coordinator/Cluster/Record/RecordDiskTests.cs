using Backprop.Coordinator.Cluster.Orders;
using Backprop.Coordinator.Cluster.Record;
using Backprop.Shared.Primitives;
using Backprop.Tests.Shared.Checkpoints;
using Backprop.Tests.TestUtilities;

namespace Backprop.Tests.Coordinator.Cluster.Record;

/// <summary>What a node has promised and taken is on its disk as it was, or is known to be damaged: nothing in between.</summary>
public sealed class RecordDiskTests : IDisposable
{
    private const string Id = "0123456789abcdef";
    private readonly TemporaryFolder _root = new();

    public void Dispose() => _root.Dispose();

    private string Folder => _root["record"];

    private string PromisePath => Path.Combine(Folder, "promise.json");

    private string LogPath => Path.Combine(Folder, "entries.jsonl");

    [Fact]
    public void WhoFoundsIsTheOnlyVoter_AndWhoJoinsHasNothing()
    {
        RecordDisk.Found(Folder, "a", Id);
        Reopen().Voters.ShouldBe(["a"]);

        RecordDisk.Create(_root["other"], Id);
        using var disk = RecordDisk.Open(_root["other"], "b", Id, out var state);
        state.Log.ShouldBeEmpty();
        state.Promised.ShouldBe(0);
        state.Self.ShouldBe("b");
    }

    [Fact]
    public void WhatIsSavedIsReadAgain()
    {
        var saved = Fill();

        ShouldBe(Reopen(), saved);
    }

    [Fact]
    public void AByteThatIsAnotherIsDamage()
    {
        var saved = Fill();
        foreach (var path in (string[])[PromisePath, LogPath])
        {
            var good = File.ReadAllBytes(path);
            for (var at = 0; at < good.Length; at++)
            {
                foreach (var bit in (byte[])[1, 0x20, 0x80])
                {
                    byte[] bad = [.. good];
                    bad[at] ^= bit;
                    File.WriteAllBytes(path, bad);
                    ShouldBeDamaged($"byte {at} of {path}");
                }
            }

            File.WriteAllBytes(path, good);
        }

        ShouldBe(Reopen(), saved);
    }

    [Fact]
    public void AFileThatIsShorterIsDamage_EvenWhereALineEnds()
    {
        var saved = Fill();
        foreach (var path in (string[])[PromisePath, LogPath])
        {
            var good = File.ReadAllBytes(path);
            for (var length = 0; length < good.Length; length++)
            {
                File.WriteAllBytes(path, good[..length]);
                ShouldBeDamaged($"{length} bytes of {path}");
            }

            File.Delete(path);
            ShouldBeDamaged($"no {path}");
            File.WriteAllBytes(path, good);
        }

        ShouldBe(Reopen(), saved);
    }

    [Fact]
    public void WhatIsBehindTheLogWasNeverAnsweredFor_AndIsCut()
    {
        var saved = Fill();
        var good = File.ReadAllBytes(LogPath);
        foreach (var behind in (byte[][])[[0], [.. good[..^3]], good])
        {
            File.WriteAllBytes(LogPath, [.. good, .. behind]);
            ShouldBe(Reopen(), saved);
            File.ReadAllBytes(LogPath).ShouldBe(good);
        }

        File.AppendAllText(PromisePath, "\n");
        ShouldBeDamaged("a promise with something behind it");
    }

    [Fact]
    public void AnotherRecordsCopyIsRefused()
    {
        Fill();

        var refused = Should.Throw<UserException>(() => RecordDisk.Open(Folder, "a", "fedcba9876543210", out _));

        refused.ExitCode.ShouldBe(ExitCode.Storage);
        refused.Message.ShouldContain("is damaged");
    }

    [Fact]
    public void EntriesOfAnotherLeaderTakeThePlaceOfThoseThatWereCut()
    {
        var saved = Fill();
        RecordState after;
        using (var disk = RecordDisk.Open(Folder, "a", Id, out var before))
        {
            after = before with
            {
                Promised = 9,
                PromisedTo = "",
                Committed = 2,
                Log = before.Log.RemoveRange(2, before.Log.Count - 2).Add(Entry(9, "other")),
            };
            var cut = disk.Cut(before, after);
            (cut.Log.Count, cut.Committed).ShouldBe((2, 2));
            cut.Promised.ShouldBe(saved.Promised);
            ShouldBe(Reread(), cut, "a crash between the cut and what is written over it");
            disk.Save(cut, after).ShouldBeTrue();
            disk.Save(after, after).ShouldBeFalse("there is nothing new");
        }

        ShouldBe(Reopen(), after);
    }

    [Fact]
    public void ACutGivesUpWhatWasCommittedOnlyAsFarAsItGoes()
    {
        Fill();
        using var disk = RecordDisk.Open(Folder, "a", Id, out var before);

        disk.Cut(before with { Committed = 2 }, before with { Log = before.Log.RemoveAt(before.Log.Count - 1) }).Committed.ShouldBe(2);
        disk.Cut(before with { Committed = 2, Log = before.Log.GetRange(0, 2) }, before with { Log = before.Log.GetRange(0, 1) })
            .Committed.ShouldBe(1);
    }

    [Fact]
    public void APromiseThatCannotBeReplaced_LeavesAllAsItWas_AndALaterOneIsSaved()
    {
        var saved = Fill();
        RecordState after;
        using (var disk = RecordDisk.Open(Folder, "a", Id, out var before))
        {
            after = before with { Promised = 8, PromisedTo = "b", Log = before.Log.Add(Entry(8, "late")) };
            Directory.CreateDirectory(AsidePath);
            var refused = Should.Throw<UserException>(() => disk.Save(before, after));
            refused.ExitCode.ShouldBe(ExitCode.Storage);
            ShouldBe(Reread(), saved);
            Should.Throw<UserException>(() => disk.Cut(before, before with { Log = [] })).ExitCode.ShouldBe(ExitCode.Storage);
            ShouldBe(Reread(), saved);

            Directory.Delete(AsidePath);
            after = after with { Log = before.Log.Add(Entry(8, "another, and longer than the one before")) };
            disk.Save(before, after);
        }

        ShouldBe(Reopen(), after);
    }

    [Fact]
    public void AfterAFailureNothingIsTakenForSaved_UntilAPromiseIs()
    {
        Fill();
        using var disk = RecordDisk.Open(Folder, "a", Id, out var before);
        Directory.CreateDirectory(AsidePath);
        Should.Throw<UserException>(() => disk.Save(before, before with { Promised = 8 }));

        Should.Throw<UserException>(() => disk.Save(before, before), "which promise is on the disk is not known");

        Directory.Delete(AsidePath);
        disk.Save(before, before).ShouldBeTrue();
        disk.Save(before, before).ShouldBeFalse();
    }

    [Fact]
    public void AFullDiskLeavesAllAsItWas_AndWithRoomItGoesOn()
    {
        using var tiny = TinyDisk.Mount(Folder, kilobytes: 64);
        var saved = Fill();
        RecordState after;
        using (var disk = RecordDisk.Open(Folder, "a", Id, out var before))
        {
            var large = Entry(7, new string('x', 80 << 10));
            for (var times = 0; times < 3; times++)
            {
                var refused = Should.Throw<UserException>(() => disk.Save(before, before with { Log = before.Log.Add(large) }));
                refused.ExitCode.ShouldBe(ExitCode.Storage);
                refused.Message.ShouldContain("the disk is full");
            }

            ShouldBe(Reread(), saved);
            after = before with { Log = before.Log.Add(Entry(7, "small")) };
            disk.Save(before, after).ShouldBeTrue();
        }

        ShouldBe(Reopen(), after);
    }

    private string AsidePath => Backprop.Shared.Checkpoints.DurableFile.AsideOf(PromisePath);

    private static RecordEntry Entry(long term, string name) => new(term, new OrderEntry(EntryKind.Drained) { Name = name });

    /// <summary>A copy with some entries of several kinds.</summary>
    private RecordState Fill()
    {
        RecordDisk.Found(Folder, "a", Id);
        using var disk = RecordDisk.Open(Folder, "a", Id, out var before);
        var kept = new KeptFile("runs/r/ledger.jsonl", 12, new string('a', 64));
        RecordEntry[] entries =
        [
            new(3, new OrderEntry(EntryKind.Term) { Of = "a", Count = 3, At = DateTimeOffset.UnixEpoch }),
            new(3, new OrderEntry(EntryKind.Durable) { Of = "r", Count = 200, Kept = [kept] }),
            Entry(5, "\u00fc \"quoted\"\n\u4e2d"),
        ];
        var after = before with { Promised = 7, PromisedTo = "b", Log = before.Log.AddRange(entries), Committed = 3 };
        disk.Save(before, after).ShouldBeTrue();
        return after;
    }

    private RecordState Reopen()
    {
        using var disk = RecordDisk.Open(Folder, "a", Id, out var state);
        return state;
    }

    /// <summary>What a crash at this moment would leave.</summary>
    private RecordState Reread()
    {
        var copy = Directory.CreateTempSubdirectory("backprop-test-").FullName;
        try
        {
            foreach (var path in (string[])[PromisePath, LogPath])
            {
                using var from = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
                using var to = File.Create(Path.Combine(copy, Path.GetFileName(path)));
                from.CopyTo(to);
            }

            using var disk = RecordDisk.Open(copy, "a", Id, out var state);
            return state;
        }
        finally
        {
            Directory.Delete(copy, recursive: true);
        }
    }

    private void ShouldBeDamaged(string what)
    {
        var refused = Should.Throw<UserException>(() => RecordDisk.Open(Folder, "a", Id, out _).Dispose(), what);
        refused.ExitCode.ShouldBe(ExitCode.Storage, what);
        refused.Message.ShouldContain("is damaged");
    }

    private static void ShouldBe(RecordState state, RecordState expected, string? why = null)
    {
        (state.Promised, state.PromisedTo, state.Log.Count, state.Committed)
            .ShouldBe((expected.Promised, expected.PromisedTo, expected.Log.Count, expected.Committed), why);
        state.Log.Select(RecordLine.Of).ShouldBe(expected.Log.Select(RecordLine.Of), why);
    }
}
