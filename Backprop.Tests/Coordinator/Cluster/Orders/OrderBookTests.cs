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

    private static OrderBook Book(params OrderEntry[] entries)
    {
        var book = new OrderBook();
        Array.ForEach(entries, book.Apply);
        return book;
    }
}
