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
        Candidacy.MayFound(Info("a"), 9, [Said("b", NodeOptions.Coordinator, 0, Standing.Undecided)]).ShouldBeFalse();
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

    /// <summary>Whatever terms they held: of any two that hear of each other one may, whether others are said to be gone or not.</summary>
    [Theory]
    [InlineData(0, 0)]
    [InlineData(4, 3)]
    [InlineData(3, 4)]
    [InlineData(7, 7)]
    public void OfTwoOneMay(long first, long second)
    {
        foreach (var areSilentGone in (bool[])[false, true])
        {
            var standing = areSilentGone ? Standing.Waiting : Standing.Looking;
            var a = Candidacy.MayFound(Info("a"), first, [Said("b", NodeOptions.Coordinator, second, standing)], areSilentGone);
            var b = Candidacy.MayFound(Info("b"), second, [Said("a", NodeOptions.Coordinator, first, standing)], areSilentGone);

            a.ShouldBe(first >= second);
            b.ShouldBe(!a);
        }
    }

    [Fact]
    public void BesideOneThatFoundsOrJoinsNothingIsFounded()
    {
        foreach (var standing in (Standing[])[Standing.Founding, Standing.Undecided])
        {
            Candidacy.MayFound(Info("a"), 9, [Said("b", NodeOptions.Coordinator, 0, standing)]).ShouldBeFalse();
            Candidacy.MayFound(Info("a"), 9, [Said("b", NodeOptions.Coordinator, 0, standing)], areSilentGone: true).ShouldBeFalse();
        }
    }

    [Fact]
    public void OneThatWaitsForAnotherIsWaitedFor_UnlessThatOneIsSaidToBeGone()
    {
        (NodePeer, MeetReply?)[] answers = [Said("b", NodeOptions.Coordinator, 0, Standing.Waiting), (Peer(mayCoordinate: true), null)];

        Candidacy.MayFound(Info("a"), 9, answers).ShouldBeFalse();
        Candidacy.MayFound(Info("a"), 9, answers, areSilentGone: true).ShouldBeTrue();
        Candidacy.HaveAllAnswered(answers).ShouldBeFalse();
        Candidacy.HaveAllAnswered([answers[0], (Peer(mayCoordinate: false), null)]).ShouldBeTrue();
    }

    [Fact]
    public void WhoFoundsHasAskedAllThatItKnows()
    {
        using var folder = NodeFolder.Open(_folder["n"]);
        var candidacy = new Candidacy(folder);
        candidacy.Standing.ShouldBe(Standing.Undecided);
        folder.Remember([Info("a node")]);
        candidacy.HasAsked(allAnswered: true);
        candidacy.Standing.ShouldBe(Standing.Looking);
        candidacy.HasAsked(allAnswered: false);
        candidacy.Standing.ShouldBe(Standing.Waiting);

        candidacy.TryFound([new HostPort("10.0.0.1", 1)]).ShouldBeFalse();
        candidacy.Standing.ShouldBe(Standing.Waiting);
        candidacy.TryFound([.. folder.Peers.Select(peer => peer.Address)]).ShouldBeTrue();
        candidacy.Standing.ShouldBe(Standing.Founding);
        candidacy.Undecide();
        candidacy.Standing.ShouldBe(Standing.Undecided);
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

    private static (NodePeer Peer, MeetReply? Answer) Said(string id, string role, long rank, Standing standing = Standing.Looking) =>
        (Peer(mayCoordinate: true), new MeetReply { Node = Info(id, role), Rank = rank, Standing = standing });

    private static NodeInfo Info(string id, params IEnumerable<string> roles) => new()
    {
        Id = id,
        Address = $"10.0.0.{id.Length}:7400",
        Roles = { roles.Any() ? roles : BothRoles },
    };
}
