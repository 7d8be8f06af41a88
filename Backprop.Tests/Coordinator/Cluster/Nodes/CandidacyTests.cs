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
    public void AloneItMay() => Candidacy.MayFound(Info("a"), []).ShouldBeTrue();

    [Fact]
    public void WhoOnlyRunsWorkersNeverFounds() =>
        Candidacy.MayFound(Info("a", NodeOptions.Worker), [Said("b", NodeOptions.Worker)]).ShouldBeFalse();

    [Fact]
    public void OneThatMayCoordinateAndDoesNotAnswerIsWaitedFor()
    {
        Candidacy.MayFound(Info("a"), [(Peer(mayCoordinate: true), null)]).ShouldBeFalse();
        Candidacy.MayFound(Info("a"), [(Peer(mayCoordinate: true), new MeetReply())]).ShouldBeFalse();
        Candidacy.MayFound(Info("a"), [Said("b", NodeOptions.Coordinator, Standing.Undecided)]).ShouldBeFalse();
    }

    [Fact]
    public void OneThatOnlyRunsWorkersIsNotWaitedFor()
    {
        Candidacy.MayFound(Info("a"), [(Peer(mayCoordinate: false), null)]).ShouldBeTrue();
        Candidacy.MayFound(Info("a"), [Said("b", NodeOptions.Worker)]).ShouldBeTrue();
    }

    [Fact]
    public void ItsOwnAddressAmongTheSeedsDoesNotStopIt() =>
        Candidacy.MayFound(Info("a"), [Said("a", NodeOptions.Coordinator)]).ShouldBeTrue();

    /// <summary>Of any two that hear of each other one may, whether others are said to be gone or not.</summary>
    [Fact]
    public void OfTwoOneMay()
    {
        foreach (var areSilentGone in (bool[])[false, true])
        {
            var standing = areSilentGone ? Standing.Waiting : Standing.Looking;
            Candidacy.MayFound(Info("a"), [Said("b", NodeOptions.Coordinator, standing)], areSilentGone).ShouldBeTrue();
            Candidacy.MayFound(Info("b"), [Said("a", NodeOptions.Coordinator, standing)], areSilentGone).ShouldBeFalse();
        }
    }

    [Fact]
    public void BesideOneThatKeepsARecordNothingIsFounded()
    {
        var (peer, answer) = Said("b", NodeOptions.Coordinator, Standing.Looking);
        answer!.Record = "0123456789abcdef";

        Candidacy.MayFound(Info("a"), [(peer, answer)]).ShouldBeFalse();
        Candidacy.MayFound(Info("a"), [(peer, answer)], areSilentGone: true).ShouldBeFalse();
    }

    [Fact]
    public void BesideOneThatFoundsOrJoinsNothingIsFounded()
    {
        foreach (var standing in (Standing[])[Standing.Founding, Standing.Undecided, Standing.Following])
        {
            Candidacy.MayFound(Info("a"), [Said("b", NodeOptions.Coordinator, standing)]).ShouldBeFalse();
            Candidacy.MayFound(Info("a"), [Said("b", NodeOptions.Coordinator, standing)], areSilentGone: true).ShouldBeFalse();
        }
    }

    [Fact]
    public void OneThatWaitsForAnotherIsWaitedFor_UnlessThatOneIsSaidToBeGone()
    {
        (NodePeer, MeetReply?)[] answers = [Said("b", NodeOptions.Coordinator, Standing.Waiting), (Peer(mayCoordinate: true), null)];

        Candidacy.MayFound(Info("a"), answers).ShouldBeFalse();
        Candidacy.MayFound(Info("a"), answers, areSilentGone: true).ShouldBeTrue();
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

    private static NodePeer Peer(bool mayCoordinate) => new(new HostPort("10.0.0.9", 7400), mayCoordinate);

    private static (NodePeer Peer, MeetReply? Answer) Said(string id, string role, Standing standing = Standing.Looking) =>
        (Peer(mayCoordinate: true), new MeetReply { Node = Info(id, role), Standing = standing });

    private static NodeInfo Info(string id, params IEnumerable<string> roles) => new()
    {
        Id = id,
        Address = $"10.0.0.{id.Length}:7400",
        Roles = { roles.Any() ? roles : BothRoles },
    };
}
