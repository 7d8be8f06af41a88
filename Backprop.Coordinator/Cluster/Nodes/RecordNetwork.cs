using System.Collections.Concurrent;
using Backprop.Coordinator.Cluster.Record;
using Backprop.Shared.Protocol;
using Backprop.Worker.Protocol;
using Grpc.Core;
using Grpc.Net.Client;
using Client = Backprop.Worker.Protocol.Cluster.ClusterClient;

namespace Backprop.Coordinator.Cluster.Nodes;

/// <summary>Reaches the other nodes that may coordinate, over gRPC. A channel to each is kept.</summary>
internal sealed class RecordNetwork(NodeContext node) : IRecordNetwork, IDisposable
{
    /// <summary>Longer than a follower takes at most; shorter than a leader's patience with a majority.</summary>
    private static readonly TimeSpan AnswerLimit = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan PieceLimit = TimeSpan.FromSeconds(20);
    private readonly ConcurrentDictionary<HostPort, GrpcChannel> _channels = [];

    /// <inheritdoc/>
    public IReadOnlyList<string> Others => node.Given is null ? node.Folder.Candidates : [];

    /// <inheritdoc/>
    public Task<RecordInput.PromiseAnswered?> AskAsync(string other, RecordInput.PromiseAsked asked, CancellationToken ending) =>
        CallAsync(other, async (client, options) => RecordMail.Read(
            await client.PromiseAsync(RecordMail.Of(asked, node.Folder.Record), options), other, asked), ending);

    /// <inheritdoc/>
    public Task<RecordInput.EntriesAnswered?> SendAsync(
        string other, RecordInput.EntriesCame entries, IReadOnlyList<bool> superseded, CancellationToken ending) =>
        CallAsync(other, async (client, options) => RecordMail.Read(
            await client.AppendAsync(RecordMail.Of(entries, superseded, node.Info, node.Folder.Record), options),
            other, entries.Term), ending);

    /// <summary>Gives the pieces of a leader's files.</summary>
    public PieceSource PiecesOf(HostPort leader) => async (file, offset) =>
    {
        try
        {
            var reply = await new Client(ChannelTo(leader)).PieceAsync(
                new PieceRequest { Record = node.Folder.Record, Path = file.Path, Offset = offset, Length = file.Length },
                Options(PieceLimit, default));
            return reply.Gone ? ReadOnlyMemory<byte>.Empty : reply.Bytes.Memory;
        }
        catch (RpcException)
        {
            return null;
        }
    };

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var channel in _channels.Values)
        {
            channel.Dispose();
        }
    }

    private async Task<T?> CallAsync<T>(string other, Func<Client, CallOptions, Task<T?>> call, CancellationToken ending)
        where T : class
    {
        if (node.Folder.AddressOf(other) is not { } address)
        {
            return null;
        }

        try
        {
            return await call(new Client(ChannelTo(address)), Options(AnswerLimit, ending));
        }
        catch (Exception problem) when (problem is RpcException or OperationCanceledException or ObjectDisposedException)
        {
            return null;
        }
    }

    private GrpcChannel ChannelTo(HostPort address) => _channels.GetOrAdd(
        address, static (at, identity) => ClusterChannel.To(at, identity), node.Options.Identity);

    private CallOptions Options(TimeSpan limit, CancellationToken ending) => new(
        ClusterChannel.HeadersOf(node.Options.Token), node.Time.GetUtcNow().UtcDateTime + limit, ending);
}
