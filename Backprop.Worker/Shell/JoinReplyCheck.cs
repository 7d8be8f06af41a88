using Backprop.Shared.Primitives;
using Backprop.Shared.Protocol;

namespace Backprop.Worker.Shell;

/// <summary>The worker's side of the door: is this a coordinator to work for? Pure.</summary>
internal static class JoinReplyCheck
{
    private const double SecondsMinimum = 0.001;
    private const double SecondsMaximum = 86_400;

    /// <summary>Returns where the worker may go on: with the heartbeats that the coordinator wants.</summary>
    /// <param name="reply">What was answered.</param>
    /// <param name="request">What was asked.</param>
    /// <exception cref="UserException">The coordinator refused this worker.</exception>
    /// <exception cref="NoCoordinatorException">It coordinated once; another one does since.</exception>
    /// <exception cref="ProtocolException">The reply is none.</exception>
    public static Liveness Check(JoinReply reply, JoinRequest request)
    {
        if (reply.Refusal is { } refusal)
        {
            throw Refusals.ToException(refusal);
        }

        if (reply.Offer is null || reply.Term < 0 || (reply.Cluster.Length > 0 && !WireText.IsName(reply.Cluster)))
        {
            throw new ProtocolException("The coordinator let this worker in without a run, or for a cluster without name or term.");
        }

        if (reply.Cluster == request.ClusterSeen && reply.Cluster.Length > 0 && reply.Term < request.TermSeen)
        {
            throw new NoCoordinatorException(
                $"who answered coordinated the cluster in term {reply.Term}, and this worker has worked for it in term "
                + $"{request.TermSeen}: another one coordinates since");
        }

        // Said so that what is not a number fails.
        var (heartbeat, silence) = (reply.HeartbeatSeconds, reply.SilenceSeconds);
        return heartbeat >= SecondsMinimum && silence > heartbeat && silence <= SecondsMaximum
            ? new Liveness(TimeSpan.FromSeconds(heartbeat), TimeSpan.FromSeconds(silence))
            : throw new ProtocolException(
                $"The coordinator wants a heartbeat every {heartbeat} s and takes {silence} s for silence; the first must be at least "
                + $"{SecondsMinimum} and below the second, which may be {SecondsMaximum} at most.");
    }
}
