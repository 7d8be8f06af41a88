using Backprop.Coordinator.Cluster.Nodes;
using Backprop.Shared.Protocol;
using Backprop.Tests.TestUtilities;
using Backprop.Worker.Protocol;

namespace Backprop.Tests.Coordinator.Cluster.Nodes;

/// <summary>Of all nodes that may coordinate one at most founds, and only when it knows what became of the others.</summary>
public sealed class CandidacyTests : IDisposable
{
    private static readonly string[] BothRoles = [NodeOptions.Coordinator, NodeOptions.Worker];
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void AloneItMay() => Candidacy.MayFound(Info("a"), 0, []).ShouldBeTrue();

    [Fact]
    public void WhoOnlyRunsWorkersNeverFounds() =>
        Candidacy.MayFound(Info("a", NodeOptions.Worker), 9, [Said("b", NodeOptions.Worker, 0)]).ShouldBeFalse();

    [Fact]
    public void OneThatMayCoordinateAndDoesNotAnswerIsWaitedFor()
    {
        Candidacy.MayFound(Info("a"), 9, [(Peer(mayCoordinate: true), null)]).ShouldBeFalse();
        Candidacy.MayFound(Info("a"), 9, [(Peer(mayCoordinate: true), new MeetReply())]).ShouldBeFalse();
        Candidacy.MayFound(Info("a"), 9, [Said("b", NodeOptions.Coordinator, Candidacy.Undecided)]).ShouldBeFalse();
    }

    [Fact]
    public void OneThatOnlyRunsWorkersIsNotWaitedFor()
    {
        Candidacy.MayFound(Info("a"), 9, [(Peer(mayCoordinate: false), null)]).ShouldBeTrue();
        Candidacy.MayFound(Info("a"), 9, [Said("b", NodeOptions.Worker, 12)]).ShouldBeTrue();
    }

    [Fact]
    public void ItsOwnAddressAmongTheSeedsDoesNotStopIt() =>
        Candidacy.MayFound(Info("a"), 3, [Said("a", NodeOptions.Coordinator, 3)]).ShouldBeTrue();

    /// <summary>Whatever terms they held: of any two that hear of each other exactly one may.</summary>
    [Theory]
    [InlineData(0, 0)]
    [InlineData(4, 3)]
    [InlineData(3, 4)]
    [InlineData(7, 7)]
    [InlineData(0, Candidacy.Founds)]
    public void OfTwoOneMay(long first, long second)
    {
        var a = first != Candidacy.Founds && Candidacy.MayFound(Info("a"), first, [Said("b", NodeOptions.Coordinator, second)]);
        var b = second != Candidacy.Founds && Candidacy.MayFound(Info("b"), second, [Said("a", NodeOptions.Coordinator, first)]);

        (a && b).ShouldBeFalse();
        (a || b || second == Candidacy.Founds).ShouldBeTrue();
        (first > second || (first == second)).ShouldBe(a);
    }

    [Fact]
    public void WhoFoundsHasAskedAllWhoAskedIt()
    {
        using var folder = NodeFolder.Open(_folder["n"]);
        var candidacy = new Candidacy(folder);
        folder.Remember([Info("early")]);
        candidacy.Rank.ShouldBe(Candidacy.Undecided);
        candidacy.Begin();
        folder.Remember([Info("late")]);
        candidacy.Rank.ShouldBe(0);

        candidacy.TryFound([new HostPort("10.0.0.1", 1)]).ShouldBeFalse();
        candidacy.TryFound([.. folder.Peers.Select(peer => peer.Address)]).ShouldBeTrue();
        candidacy.Rank.ShouldBe(Candidacy.Founds);
    }

    [Fact]
    public void TheHighestTermThatANodeHeldIsItsRank()
    {
        using var folder = NodeFolder.Open(_folder["n"]);
        folder.TermHeld.ShouldBe(0);
        folder.Hear(7, "another");
        folder.TermHeld.ShouldBe(0);
        folder.ClaimTerm(9).ShouldBe(10);
        folder.Found();
        folder.TermHeld.ShouldBe(10);
        folder.Term.ShouldBe((7, ""));
        folder.ClaimTerm(0).ShouldBe(11);
    }

    private static NodePeer Peer(bool mayCoordinate) => new(new HostPort("10.0.0.9", 7400), mayCoordinate);

    private static (NodePeer Peer, MeetReply? Answer) Said(string id, string role, long rank) =>
        (Peer(mayCoordinate: true), new MeetReply { Node = Info(id, role), Rank = rank });

    private static NodeInfo Info(string id, params IEnumerable<string> roles) => new()
    {
        Id = id,
        Address = $"10.0.0.{id.Length}:7400",
        Roles = { roles.Any() ? roles : BothRoles },
    };
}
