using Backprop.Coordinator.Cluster.Orders;
using Backprop.Tests.TestUtilities;

namespace Backprop.Tests.Coordinator.Cluster.Orders;

/// <summary>What was ordered of a cluster is what its record says, whoever reads it and however often.</summary>
public sealed class OrderBookTests
{
    private static OrderEntry Submitted(string id, string submission = "s") =>
        new(EntryKind.Submitted) { Of = id, Name = id, Submission = submission, Files = [new SubmittedFile("/a/b.csv", "00", "b.csv")] };

    [Fact]
    public void RunsAreTrainedInTheOrderOfTheirSubmission()
    {
        var book = Book(Submitted("a"), Submitted("b"), Submitted("c"));
        book.Current!.Id.ShouldBe("a");
        book.PlaceOf(book.Find("c")!).ShouldBe(2);

        book.Apply(new OrderEntry(EntryKind.Began) { Of = "a" });
        book.Apply(new OrderEntry(EntryKind.Ended) { Of = "a", State = RunState.Completed, Message = "completed" });

        book.Current!.Id.ShouldBe("b");
        book.PlaceOf(book.Find("c")!).ShouldBe(1);
    }

    [Fact]
    public void ARunThatWasStoppedBeforeItBeganNeverBegins()
    {
        var book = Book(Submitted("a"), Submitted("b"), new OrderEntry(EntryKind.StopOrdered) { Of = "b" });

        book.Find("b")!.State.ShouldBe(RunState.Stopped);
        book.Apply(new OrderEntry(EntryKind.Ended) { Of = "a", State = RunState.Completed });
        book.Current.ShouldBeNull();
    }

    [Fact]
    public void WhatHasEndedStaysAsItEnded()
    {
        var book = Book(Submitted("a"), new OrderEntry(EntryKind.Ended) { Of = "a", State = RunState.Diverged, ExitCode = 3 });

        book.Apply(new OrderEntry(EntryKind.Began) { Of = "a" });
        book.Apply(new OrderEntry(EntryKind.StopOrdered) { Of = "a" });

        (book.Find("a")!.State, book.Find("a")!.ExitCode).ShouldBe((RunState.Diverged, 3));
    }

    [Fact]
    public void ASubmissionIsKnownUntilItsRunHasEnded()
    {
        var book = Book(Submitted("a", "same"));
        book.FindSubmission("same")!.Id.ShouldBe("a");

        book.Apply(new OrderEntry(EntryKind.Ended) { Of = "a", State = RunState.Completed });

        book.FindSubmission("same").ShouldBeNull();
        book.NewId("a").ShouldBe("a-2");
    }

    [Fact]
    public void APauseSurvivesUntilItIsLifted()
    {
        var book = Book(
            Submitted("a"), new OrderEntry(EntryKind.Began) { Of = "a" }, new OrderEntry(EntryKind.Paused) { Of = "a" },
            new OrderEntry(EntryKind.Began) { Of = "a" });
        (book.Current!.State, book.Current.PauseOrdered).ShouldBe((RunState.Paused, true));

        book.Apply(new OrderEntry(EntryKind.Resumed) { Of = "a" });

        (book.Current!.State, book.Current.PauseOrdered).ShouldBe((RunState.Running, false));
    }

    [Fact]
    public void TheRecordReadAgainGivesTheSameBook()
    {
        using var folder = new TemporaryFolder();
        OrderEntry[] entries =
        [
            new(EntryKind.Term) { Of = "n", Count = 3 }, Submitted("a"), new(EntryKind.Scaled) { Count = 6 },
            new(EntryKind.Drained) { Name = "x" }, new(EntryKind.Drained) { Name = "y" }, new(EntryKind.Undrained) { Name = "x" },
            new(EntryKind.Began) { Of = "a" }, new(EntryKind.Paused) { Of = "a" },
        ];
        var written = new OrderBook();
        using (var record = OrderRecord.Open(folder["orders.jsonl"], written))
        {
            foreach (var entry in entries)
            {
                record.Append(entry);
                written.Apply(entry);
            }
        }

        var read = new OrderBook();
        OrderRecord.Open(folder["orders.jsonl"], read).Dispose();

        (read.Term, read.Scale, read.Drained.Single()).ShouldBe((3, 6, "y"));
        read.Current.ShouldBe(written.Current! with { Files = read.Current!.Files });
        read.Current!.Files.ShouldBe(written.Current!.Files);
    }

    [Fact]
    public void ALineThatACrashCutOffIsCutAway_AndTheNextFollowsWhatWasWhole()
    {
        using var folder = new TemporaryFolder();
        var path = folder["orders.jsonl"];
        using (var record = OrderRecord.Open(path, new OrderBook()))
        {
            record.Append(new OrderEntry(EntryKind.Scaled) { Count = 2 });
        }

        File.AppendAllText(path, """{"kind":"Scaled","cou""");
        using (var record = OrderRecord.Open(path, new OrderBook()))
        {
            record.Append(new OrderEntry(EntryKind.Drained) { Name = "x" });
        }

        var book = new OrderBook();
        OrderRecord.Open(path, book).Dispose();
        (book.Scale, book.Drained.Single()).ShouldBe((2, "x"));
    }

    [Fact]
    public void ADamagedLineIsNamed()
    {
        using var folder = new TemporaryFolder();
        var path = folder.Write("orders.jsonl", "{\"kind\":\"Scaled\",\"count\":2}\nnonsense\n");

        var problem = Should.Throw<Backprop.Shared.Primitives.UserException>(() => OrderRecord.Open(path, new OrderBook()));

        problem.ExitCode.ShouldBe(Backprop.Shared.Primitives.ExitCode.Storage);
        problem.Message.ShouldContain("Line 2");
    }

    private static OrderBook Book(params OrderEntry[] entries)
    {
        var book = new OrderBook();
        Array.ForEach(entries, book.Apply);
        return book;
    }
}
