using System.Collections.Immutable;
using Backprop.Coordinator.Cluster.Orders;
using Backprop.Coordinator.Cluster.Record;

namespace Backprop.Tests.Coordinator.Cluster.Record;

/// <summary>Who is to decide, and what is said of it.</summary>
public sealed class VoterChoiceTests
{
    private const string Witness = "witness-1";

    [Theory]
    [InlineData("a", "a", null)]
    [InlineData("a", "ab", null)]
    [InlineData("a", "abc", "abc")]
    [InlineData("a", "adcb", "abc")]
    [InlineData("abc", "abc", null)]
    [InlineData("abc", "ab", null)]
    [InlineData("abc", "abcd", "abcd")]
    [InlineData("abc", "abed", "abcd")]
    [InlineData("abcdefg", "abcdefgh", null)]
    public void OneDecidesUntilThreeCan_ThenTheyAreTakenOneByOne(string voters, string present, string? expected)
    {
        var next = VoterChoice.Next(Leading(voters, "bcdefgh"), Ids(present).ToHashSet(), null);

        (next is null ? null : string.Concat(next)).ShouldBe(expected);
    }

    [Fact]
    public void WhoHasNotAllIsWaitedFor()
    {
        var state = Leading("a", "bc");
        var behind = state with { Peers = state.Peers.SetItem("c", new RecordPeer(state.Committed - 1, 1, default)) };
        VoterChoice.Next(behind, Ids("abc").ToHashSet(), null).ShouldBeNull();
        VoterChoice.Next(state with { Peers = state.Peers.Remove("c") }, Ids("abc").ToHashSet(), null).ShouldBeNull();
        VoterChoice.Next(state, Ids("abc").ToHashSet(), null).ShouldNotBeNull();
    }

    [Fact]
    public void OneChangeWaitsForTheOneBefore_AndForTheOpeningOfTheTerm()
    {
        var state = Leading("a", "bc");
        VoterChoice.Next(state with { Committed = 1 }, Ids("abc").ToHashSet(), null).ShouldBeNull("its term is not open");
        VoterChoice.Next(state with { Role = RecordRole.Follower }, Ids("abc").ToHashSet(), null).ShouldBeNull();
        var changing = state with { Log = state.Log.Add(new(2, new(EntryKind.Configured) { Voters = Ids("abc") })) };
        VoterChoice.Next(changing, Ids("abcd").ToHashSet(), null).ShouldBeNull("the change before is not committed");
    }

    [Theory]
    [InlineData(1, 1, "one node may coordinate")]
    [InlineData(1, 2, "2 nodes may coordinate, one decides")]
    [InlineData(1, 3, "3 nodes may coordinate, one decides")]
    [InlineData(3, 3, "3 nodes keep the cluster's record; 1 of them may die")]
    [InlineData(4, 4, "4 nodes keep the cluster's record; 1 of them may die")]
    [InlineData(5, 7, "5 nodes keep the cluster's record; 2 of them may die")]
    [InlineData(7, 7, "7 nodes keep the cluster's record; 3 of them may die")]
    public void ItIsSaidHowManyMayDie(int voters, int candidates, string begins) =>
        Advice.Of(Ids("abcdefg"[..voters]), candidates).ShouldStartWith(begins);

    /// <summary>W is a witness. It is the third of two nodes, and makes room for a third node.</summary>
    [Theory]
    [InlineData("a", "a", null)]
    [InlineData("a", "ab", "abW")]
    [InlineData("a", "abc", "abc")]
    [InlineData("abW", "ab", null)]
    [InlineData("abW", "abc", "abWc")]
    [InlineData("abWc", "abc", "abc")]
    [InlineData("abWc", "ab", "abc")]
    [InlineData("abc", "abc", null)]
    public void AWitnessIsTheThirdOfTwo(string voters, string present, string? expected)
    {
        var next = VoterChoice.Next(Leading(voters, "bcW"), Ids(present).ToHashSet(), Witness);

        (next is null ? null : string.Concat(next).Replace(Witness, "W", StringComparison.Ordinal)).ShouldBe(expected);
    }

    [Fact]
    public void AWitnessThatHasNotAllIsWaitedFor() =>
        VoterChoice.Next(Leading("a", "b"), Ids("ab").ToHashSet(), Witness).ShouldBeNull();

    [Fact]
    public void WithAWitnessOneMayFail() =>
        Advice.Of(Ids("abW"), 2).ShouldStartWith("2 nodes and a witness keep the cluster's record; 1 of them may fail");

    [Fact]
    public void ATakeoverIsPossibleWhereNobodyCoordinates_AndWhatIsLostIsSaid()
    {
        var state = Leading("abc", "bc");
        TakeOverAdvice.Of(state, "").ShouldBe(new(false, "This node coordinates already: there is nothing to take over."));
        var follower = state with { Role = RecordRole.Follower, Leader = "b", HeardAt = TimeSpan.Zero };
        TakeOverAdvice.Of(follower, "127.0.0.1:7400").Said.ShouldStartWith("127.0.0.1:7400 coordinates, and is heard here");
        TakeOverAdvice.Of(follower, "").ShouldBe(new(false, "Another node coordinates, and is heard here: there is nothing to take over."));

        var orphan = follower with { Leader = "", HeardAt = null };
        var nothing = TakeOverAdvice.Of(orphan with { Log = [] }, "");
        nothing.IsPossible.ShouldBeFalse();
        nothing.Said.ShouldStartWith("This node has nothing of the cluster's record yet");
        var possible = TakeOverAdvice.Of(orphan, "127.0.0.1:7400");
        possible.IsPossible.ShouldBeTrue();
        possible.Said.ShouldContain("has 2 entries of the cluster's record");
        possible.Said.ShouldContain("it has no checkpoint of a run");
        possible.Said.ShouldContain("(2 of those that decide)");

        var durable = new OrderEntry(EntryKind.Durable) { Of = "digits", Count = 400 };
        TakeOverAdvice.Of(orphan with { Log = orphan.Log.Add(new(2, durable)) }, "").Said
            .ShouldContain("its newest checkpoint is step 400 of digits");
    }

    private static string[] Ids(string letters) => [.. letters.Select(letter => letter == 'W' ? Witness : $"{letter}")];

    /// <summary>A leader whose term is open; some others have all that it has.</summary>
    private static RecordState Leading(string voters, string matched) => new()
    {
        Self = "a",
        Promised = 2,
        PromisedTo = "a",
        Role = RecordRole.Leader,
        Leader = "a",
        Log = [new(1, new(EntryKind.Configured) { Voters = Ids(voters) }), new(2, new(EntryKind.Term) { Of = "a", Count = 2 })],
        Committed = 2,
        Peers = Ids(matched).ToImmutableDictionary(id => id, _ => new RecordPeer(2, 3, default)),
    };
}
