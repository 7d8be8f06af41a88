using Backprop.Shared.Protocol;
using Backprop.Worker.Protocol;

namespace Backprop.Coordinator.Cluster.Nodes;

/// <summary>
/// Which node may found a cluster where none keeps a record yet; those that do elect who leads it. Only nodes that may coordinate count: of
/// two clusters that were founded apart neither would know of the other, and both would train. From any thread.
/// </summary>
/// <param name="folder">What the node remembers.</param>
internal sealed class Candidacy(NodeFolder folder)
{
    private readonly Lock _gate = new();
    private Standing _standing = Standing.Undecided;

    /// <summary>What others that ask are told. They are remembered before, so that they are asked too.</summary>
    public Standing Standing
    {
        get
        {
            lock (_gate)
            {
                return _standing;
            }
        }
    }

    /// <summary>It has just begun to look, or joins, or is a member: nobody may count on what it will do.</summary>
    public void Undecide() => Become(Standing.Undecided);

    /// <summary>All that may coordinate have been asked.</summary>
    /// <param name="allAnswered">None of them is silent.</param>
    public void HasAsked(bool allAnswered) => Become(allAnswered ? Standing.Looking : Standing.Waiting);

    /// <summary>It keeps a record, and waits for who leads it.</summary>
    public void Follow() => Become(Standing.Following);

    /// <summary>It founds, if nobody is known who was not asked.</summary>
    /// <param name="asked">The base ports of those that were asked.</param>
    public bool TryFound(IReadOnlyCollection<HostPort> asked)
    {
        lock (_gate)
        {
            if (!folder.Peers.All(peer => asked.Contains(peer.Address)))
            {
                return false;
            }

            _standing = Standing.Founding;
            return true;
        }
    }

    /// <summary>Whether all that may coordinate have answered. Pure.</summary>
    public static bool HaveAllAnswered(IEnumerable<(NodePeer Peer, MeetReply? Answer)> answers) =>
        answers.All(asked => asked.Answer?.Node is not null || !asked.Peer.MayCoordinate);

    /// <summary>
    /// Whether a node that keeps no record may found a cluster, as far as the others' answers go: each that may coordinate has answered,
    /// none is a member or keeps a record, all have heard as much of each other, and this one has the lowest id. Pure.
    /// </summary>
    /// <param name="self">The node.</param>
    /// <param name="answers">Who was asked, what is known of it, and its answer; null: it did not answer.</param>
    /// <param name="areSilentGone">Those that do not answer are gone for good: somebody has said so.</param>
    public static bool MayFound(
        NodeInfo self, IEnumerable<(NodePeer Peer, MeetReply? Answer)> answers, bool areSilentGone = false) =>
        self.Roles.Contains(NodeOptions.Coordinator)
        && answers.Where(asked => asked.Answer?.Node?.Id != self.Id).All(asked => asked.Answer?.Node is not null
            ? !asked.Answer.Node.Roles.Contains(NodeOptions.Coordinator) || Precedes(self, asked.Answer, areSilentGone)
            : areSilentGone || !asked.Peer.MayCoordinate);

    private static bool Precedes(NodeInfo self, MeetReply other, bool areSilentGone) =>
        other.Record.Length == 0
        && (other.Standing == Standing.Looking || (areSilentGone && other.Standing == Standing.Waiting))
        && string.CompareOrdinal(self.Id, other.Node.Id) < 0;

    private void Become(Standing standing)
    {
        lock (_gate)
        {
            _standing = standing;
        }
    }
}
