using Backprop.Shared.Protocol;
using Backprop.Worker.Protocol;

namespace Backprop.Coordinator.Cluster.Nodes;

/// <summary>
/// Which nodes may found a cluster, or form it anew after all have gone. Only nodes that may coordinate count: of two clusters that were
/// founded apart neither would know of the other, and both would train. From any thread.
/// </summary>
/// <param name="folder">What the node remembers.</param>
internal sealed class Candidacy(NodeFolder folder)
{
    /// <summary>Of who founds: nobody comes before it.</summary>
    public const long Founds = long.MaxValue;

    /// <summary>Of who does not know yet what it will do.</summary>
    public const long Undecided = -1;

    private readonly Lock _gate = new();
    private long _rank = Undecided;

    /// <summary>It looks for its cluster: from now on others are told how it would be ranked.</summary>
    public void Begin()
    {
        lock (_gate)
        {
            _rank = folder.TermHeld;
        }
    }

    /// <summary>It founds, if nobody has come who was not asked.</summary>
    /// <param name="asked">The base ports of those that were asked.</param>
    public bool TryFound(IReadOnlyCollection<HostPort> asked)
    {
        lock (_gate)
        {
            if (!folder.Peers.All(peer => asked.Contains(peer.Address)))
            {
                return false;
            }

            _rank = Founds;
            return true;
        }
    }

    /// <summary>
    /// How it would be ranked: the highest term in which it coordinated. Another node that asks is remembered before it is told this, so
    /// that it is asked too.
    /// </summary>
    public long Rank
    {
        get
        {
            lock (_gate)
            {
                return _rank;
            }
        }
    }

    /// <summary>
    /// Whether a node may found, as far as the others' answers go: each that may coordinate has answered, none is a member, and this one
    /// comes first: who coordinated in the highest term, and so has the record; of several, the one with the lowest id. Pure.
    /// </summary>
    /// <param name="self">The node.</param>
    /// <param name="term">The highest term in which it coordinated.</param>
    /// <param name="answers">Who was asked, what is known of it, and its answer; null: it did not answer.</param>
    public static bool MayFound(NodeInfo self, long term, IEnumerable<(NodePeer Peer, MeetReply? Answer)> answers) =>
        self.Roles.Contains(NodeOptions.Coordinator)
        && answers.Where(asked => asked.Answer?.Node?.Id != self.Id).All(asked => Precedes(self, term, asked.Peer, asked.Answer));

    private static bool Precedes(NodeInfo self, long term, NodePeer peer, MeetReply? answer) =>
        answer?.Node is { } other
            ? !other.Roles.Contains(NodeOptions.Coordinator)
                || (answer.Rank != Undecided
                    && (term > answer.Rank || (term == answer.Rank && string.CompareOrdinal(self.Id, other.Id) < 0)))
            : !peer.MayCoordinate;
}
