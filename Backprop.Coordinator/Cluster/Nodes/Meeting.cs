using Backprop.Shared.Primitives;
using Backprop.Shared.Protocol;
using Backprop.Shared.Runs;
using Backprop.Worker.Protocol;
using Grpc.Core;

namespace Backprop.Coordinator.Cluster.Nodes;

/// <summary>How a node that wants to become a member asks those that it knows.</summary>
/// <param name="self">The node that asks.</param>
internal sealed class Meeting(NodeContext self)
{
    private static readonly TimeSpan AnswerLimit = TimeSpan.FromSeconds(8);

    /// <summary>Asks nodes, all at once, until one says that it is a member.</summary>
    public async Task<MeetingResult> AskAsync(IReadOnlyList<NodePeer> nodes, CancellationToken ending)
    {
        var result = new MeetingResult();
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(ending);
        var asked = nodes.Select(node => AskAsync(node, enough.Token)).ToList();
        while (asked.Count > 0 && result.Member is null)
        {
            var first = await Task.WhenAny(asked);
            asked.Remove(first);
            result.Take(await first);
        }

        await enough.CancelAsync();
        await Task.WhenAll(asked);
        return result;
    }

    private async Task<MeetingAnswer> AskAsync(NodePeer node, CancellationToken enough)
    {
        try
        {
            using var channel = ClusterChannel.To(node.Address, self.Options.Identity);
            var client = new Worker.Protocol.Cluster.ClusterClient(channel);
            var limit = self.Time.GetUtcNow().UtcDateTime + AnswerLimit;
            var reply = await client.MeetAsync(self.Info, ClusterChannel.HeadersOf(self.Options.Token), limit, enough);
            if ((reply.Refusal ?? (reply.Node is { } other ? Copy(self.Info, other) : null)) is { } refusal)
            {
                var why = Refusals.ToException(refusal);
                return new MeetingAnswer(node, null, $"{node.Address}: {why.Message}", why);
            }

            if (!MailCheck.IsReply(reply))
            {
                return new MeetingAnswer(node, null, $"{node.Address} answers as no node of this version does");
            }

            return IsStranger(node.Address, reply.Record)
                ? new MeetingAnswer(node, null, $"{node.Address} is of another cluster; to join that one, add --seed {node.Address}")
                : new MeetingAnswer(node, reply, $"{node.Address} is no member of a cluster yet");
        }
        catch (RpcException problem) when (problem.StatusCode == StatusCode.Unauthenticated)
        {
            var why = $"{node.Address} asks for another token than this node has; give both the same --token-file.";
            return new MeetingAnswer(node, null, why, new UserException(ExitCode.Authentication, why));
        }
        catch (RpcException problem) when (problem.StatusCode == StatusCode.PermissionDenied)
        {
            var why = $"{node.Address} refuses this node: {WireText.Sentence(problem.Status.Detail)}";
            return new MeetingAnswer(node, null, why, new UserException(ExitCode.Authentication, why));
        }
        catch (UriFormatException)
        {
            return new MeetingAnswer(node, null, $"{node.Address} is no address");
        }
        catch (RpcException problem)
        {
            return new MeetingAnswer(node, null, $"{node.Address}: {ClusterChannel.ReasonOf(problem)}");
        }
    }

    /// <summary>
    /// Whether somebody else is now where a node of this node's cluster was. Only a person can say that this node is to be theirs.
    /// </summary>
    private bool IsStranger(HostPort address, string record) =>
        self.Folder.Record.Length > 0 && record.Length > 0 && record != self.Folder.Record && !self.Options.Seeds.Contains(address);

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

        return MailCheck.IsNode(newcomer)
            ? null
            : Refusals.Because(ExitCode.Usage, "The node does not say who it is as nodes of this version do.");
    }

    /// <summary>Whether two nodes have one folder, copied. Pure.</summary>
    /// <returns>What is wrong; null: nothing.</returns>
    public static Refusal? Copy(NodeInfo one, NodeInfo other) => one.Id == other.Id && one.Address != other.Address
        ? Refusals.Because(
            ExitCode.Usage,
            $"The nodes at {WireText.Name(one.Address)} and {WireText.Name(other.Address)} have one id: a --data folder was copied; give "
            + "one of them an empty one.")
        : null;

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

/// <summary>What a node said, or why it did not.</summary>
/// <param name="Refusal">It does not want this node: why.</param>
internal sealed record MeetingAnswer(NodePeer Node, MeetReply? Reply, string Reason, UserException? Refusal = null);

/// <summary>What came of asking.</summary>
internal sealed class MeetingResult
{
    private readonly List<MeetingAnswer> _answers = [];

    /// <summary>What a member said; null: none is, or none answered.</summary>
    public MeetReply? Member { get; private set; }

    /// <summary>Who was asked, with the answers of those that are no members.</summary>
    public IEnumerable<(NodePeer Peer, MeetReply? Answer)> Answers => _answers.Select(answer => (answer.Node, answer.Reply));

    /// <summary>Why nobody could help.</summary>
    public string Reasons => string.Join("; ", _answers.Select(answer => answer.Reason));

    /// <summary>Why one does not want this node; null: none has said so.</summary>
    public UserException? Refusal => _answers.Select(answer => answer.Refusal).FirstOrDefault(why => why is not null);

    /// <summary>One more.</summary>
    public void Take(MeetingAnswer answer)
    {
        _answers.Add(answer);
        if (answer.Reply is { Cluster.Length: > 0 } member)
        {
            Member = member;
        }
    }
}
