using Backprop.Shared.Primitives;
using Backprop.Shared.Protocol;
using Backprop.Shared.Runs;
using Grpc.Core;

namespace Backprop.Coordinator.Cluster.Nodes;

/// <summary>How a node that wants to become a member asks those that it knows.</summary>
/// <param name="token">What they want to be told.</param>
/// <param name="time">The clock of limits.</param>
internal sealed class Meeting(JoinToken? token, TimeProvider time)
{
    private static readonly TimeSpan AnswerLimit = TimeSpan.FromSeconds(8);

    /// <summary>Asks nodes until one is a member.</summary>
    /// <param name="reasons">Why the others were of no use; cleared first.</param>
    /// <returns>What the member said; null: none is, or none answered.</returns>
    /// <exception cref="UserException">The cluster does not want this node: why.</exception>
    public async Task<MeetReply?> AskAsync(IEnumerable<HostPort> nodes, NodeInfo self, List<string> reasons, CancellationToken ending)
    {
        reasons.Clear();
        foreach (var node in nodes)
        {
            try
            {
                using var channel = ClusterChannel.To(node);
                var client = new Shared.Protocol.Cluster.ClusterClient(channel);
                var reply = await client.MeetAsync(
                    self, ClusterChannel.HeadersOf(token), time.GetUtcNow().UtcDateTime + AnswerLimit, ending);
                if (reply.Refusal is { } refusal)
                {
                    throw Refusals.ToException(refusal);
                }

                if (reply.Cluster.Length > 0)
                {
                    return reply;
                }

                reasons.Add($"{node} is no member of a cluster yet");
            }
            catch (RpcException problem) when (problem.StatusCode == StatusCode.Unauthenticated)
            {
                throw new UserException(
                    ExitCode.Authentication, $"{node} asks for another token than this node has; give both the same --token-file.");
            }
            catch (RpcException problem) when (!ending.IsCancellationRequested)
            {
                reasons.Add($"{node}: {ClusterChannel.ReasonOf(problem)}");
            }
            catch (RpcException)
            {
                return null;
            }
        }

        return null;
    }

    /// <summary>Whether a node of this sort may become a member. Pure.</summary>
    /// <returns>Why not; null: it may.</returns>
    public static Refusal? Judge(NodeInfo newcomer, NodeInfo self)
    {
        if (newcomer.Protocol != self.Protocol || newcomer.Numerics != self.Numerics)
        {
            return Refusals.Because(
                ExitCode.Mismatch,
                $"This node (version {WireText.Name(newcomer.Version)}) has protocol {newcomer.Protocol} and numerics "
                + $"{newcomer.Numerics}, the cluster (version {self.Version}) {self.Protocol} and {self.Numerics}; install the same "
                + "version of Backprop on all nodes.");
        }

        return WireText.IsName(newcomer.Name) && WireText.IsName(newcomer.Id) && newcomer.Cores is >= 1 and <= 4096
            && newcomer.Roles.Count is >= 1 and <= 2 && newcomer.Address.Length <= 300 && newcomer.AkkaAddress.Length <= 300
            ? null
            : Refusals.Because(ExitCode.Usage, "The node does not say who it is as nodes of this version do.");
    }

    /// <summary>How a node presents itself before its actor system is there.</summary>
    public static NodeInfo Present(NodeOptions options, string id, HostPort address)
    {
        var info = new NodeInfo
        {
            Id = id,
            Name = options.Name,
            Version = ProgramVersion.Text,
            Protocol = FrameFormat.ProtocolVersion,
            Numerics = NumericsVersion.Current,
            Cores = Environment.ProcessorCount,
            Address = address.ToString(),
        };
        info.Roles.AddRange(options.Roles);
        return info;
    }
}
