using Backprop.Coordinator.Cluster.Record;
using Backprop.Coordinator.Diagnostics;
using Backprop.Shared.Protocol;
using Backprop.Worker.Protocol;
using Google.Protobuf;
using Grpc.Core;
using Status = Grpc.Core.Status;

namespace Backprop.Coordinator.Cluster.Nodes;

/// <summary>What a node answers to the others that keep its cluster's record.</summary>
internal sealed class RecordCalls(NodeContext node)
{
    private const int PieceBytes = 1 << 20;

    /// <summary>Whether it promises a term.</summary>
    public PromiseReply Promise(PromiseRequest request)
    {
        var record = Require(request.Record);
        var answer = record.Copy.Judge(RecordMail.Read(request) ?? throw NotOurs()) ?? throw CannotSave();
        return new PromiseReply { Given = answer.IsGiven, Promised = answer.Promised };
    }

    /// <summary>Takes what a leader sends.</summary>
    public async Task<AppendReply> Append(AppendRequest request)
    {
        var record = Require(request.Record);
        var came = RecordMail.Read(request) ?? throw NotOurs();
        node.Folder.Remember([request.Leader]);
        var pieces = record.PiecesOf(HostPort.Parse(request.Leader.Address, "the leader"));
        var superseded = request.Entries.Select(entry => entry.Superseded).ToArray();
        var answer = await record.Follower.TakeAsync(came, superseded, pieces) ?? throw CannotSave();
        if (record.Copy.State.Leader == request.Leader.Id)
        {
            node.Coordination.BeElsewhere(request.Leader.Address);
        }

        return new AppendReply { Taken = answer.IsTaken, Matched = answer.Matched, Promised = answer.Promised };
    }

    /// <summary>A piece of a file that belongs to the record.</summary>
    public PieceReply Piece(PieceRequest request)
    {
        _ = Require(request.Record);
        var path = KeptFiles.PathIn(node.Folder.Path, request.Path) ?? throw NotOurs();
        try
        {
            using var file = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            var length = Math.Min(request.Length, RandomAccess.GetLength(file)) - request.Offset;
            if (request.Offset < 0 || length <= 0)
            {
                return new PieceReply { Gone = true };
            }

            var piece = new byte[Math.Min(PieceBytes, length)];
            var count = RandomAccess.Read(file, piece, request.Offset);
            return new PieceReply { Bytes = UnsafeByteOperations.UnsafeWrap(piece.AsMemory(0, count)) };
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            return new PieceReply { Gone = true };
        }
    }

    /// <summary>Says what a takeover by this node would lose; does it, if that is what the caller wants.</summary>
    public TakeOverReply TakeOver(TakeOverRequest request)
    {
        var copy = node.Record?.Copy ?? throw new RpcException(new Status(
            StatusCode.InvalidArgument, "this node keeps no record of a cluster; ask a node that may coordinate and has been a member"));
        var advice = TakeOverAdvice.Of(copy.State, node.Coordination.Elsewhere);
        if (!advice.IsPossible || !request.Sure)
        {
            var how = advice.IsPossible ? " With --yes it coordinates from then on." : "";
            return new TakeOverReply { Said = $"{advice.Said}{how}", Done = false };
        }

        node.Log.TakesOver(node.Options.Name);
        return copy.TakeOver()
            ? new TakeOverReply { Said = $"{node.Options.Name} coordinates from now on. {advice.Said}", Done = true }
            : new TakeOverReply { Said = "This node has no entry of the record yet, and cannot go on with it.", Done = false };
    }

    private NodeRecord Require(string record) => node.Record is { } kept && kept.Id == record
        ? kept
        : throw new RpcException(new Status(StatusCode.FailedPrecondition, "this node keeps another record, or none"));

    private static RpcException NotOurs() => new(new Status(StatusCode.InvalidArgument, "no node of this version says so"));

    private static RpcException CannotSave() => new(new Status(StatusCode.Unavailable, "the record cannot be written here"));
}
