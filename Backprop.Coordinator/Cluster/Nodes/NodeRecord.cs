using Backprop.Coordinator.Cluster.Record;
using Backprop.Coordinator.Cluster.Record.Witness;
using Backprop.Coordinator.Diagnostics;

namespace Backprop.Coordinator.Cluster.Nodes;

/// <summary>A node's copy of its cluster's record, at work: kept, followed, carried to the others.</summary>
internal sealed class NodeRecord : IDisposable
{
    private readonly RecordNetwork _network;
    private readonly RunningClock _clock;
    private readonly WitnessNetwork? _witness;

    private NodeRecord(NodeContext node)
    {
        Id = node.Folder.Record;
        _network = new RecordNetwork(node);
        var disk = RecordDisk.Open(node.Folder.RecordPath, node.Folder.NodeId, Id, out var state);
        var rules = new RecordRules();
        _clock = new RunningClock(node.Time);
        if (node.Witness is { } folder)
        {
            var voter = new WitnessVoter(folder, Id, rules, () => _clock.Now, WitnessFolder.Drawn(), node.Log);
            _witness = new WitnessNetwork(_network, voter, rules.HeartbeatEvery, node.Time);
        }

        Copy = new RecordCopy(disk, state, rules, (IRecordNetwork?)_witness ?? _network, node.Time, node.Log);
        Follower = new RecordFollower(Copy, node.Folder.Path, node.Time, node.Log);
        if (state.Voters.Any(voter => Voter.IsWitness(voter) && voter != node.Witness?.Id))
        {
            node.Log.WitnessUnknown();
        }
    }

    /// <summary>The record's id.</summary>
    public string Id { get; }

    /// <summary>The copy.</summary>
    public RecordCopy Copy { get; }

    /// <summary>Takes what a leader sends.</summary>
    public RecordFollower Follower { get; }

    /// <summary>The pieces of a leader's files.</summary>
    public PieceSource PiecesOf(Shared.Protocol.HostPort leader) => _network.PiecesOf(leader);

    /// <summary>Opens a node's copy.</summary>
    /// <returns>Null: it keeps none.</returns>
    /// <exception cref="Shared.Primitives.UserException">It cannot be read, or is damaged (exit code 5).</exception>
    public static NodeRecord? Open(NodeContext node) => node.Folder.KeepsRecord ? new NodeRecord(node) : null;

    /// <inheritdoc/>
    public void Dispose()
    {
        Copy.Dispose();
        Follower.Dispose();
        _witness?.Dispose();
        _clock.Dispose();
        _network.Dispose();
    }
}

/// <summary>Closes whichever copy of the record a node has at its end.</summary>
internal sealed class RecordCloser(NodeContext node) : IDisposable
{
    /// <inheritdoc/>
    public void Dispose() => node.CloseRecord();
}
