using System.Net;
using Backprop.Shared.Protocol;
using Backprop.Worker.Protocol;
using Grpc.Core;
using ClusterBase = Backprop.Worker.Protocol.Cluster.ClusterBase;

namespace Backprop.Coordinator.Cluster.Sessions;

/// <summary>The service <c>Cluster</c>: hands each call on, and ends those that take too long.</summary>
/// <param name="calls">Who answers.</param>
/// <param name="time">The clock.</param>
internal sealed class ClusterService(IClusterCalls calls, TimeProvider time) : ClusterBase
{
    /// <summary>A call without streams is answered within this, or ends.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    /// <inheritdoc/>
    public override Task<JoinReply> Join(JoinRequest request, ServerCallContext context) =>
        Within(context, ended => calls.Join(request, CallerOf(context), ended));

    /// <inheritdoc/>
    public override Task<FetchReply> Fetch(FetchRequest request, ServerCallContext context) =>
        Within(context, ended => calls.Fetch(request, ended));

    /// <inheritdoc/>
    public override Task Watch(WatchRequest request, IServerStreamWriter<WatchReply> responseStream, ServerCallContext context) =>
        calls.Watch(request, responseStream, context.CancellationToken);

    /// <inheritdoc/>
    public override Task<OrderReply> Control(Order request, ServerCallContext context) =>
        Within(context, ended => calls.Control(request, ended));

    /// <inheritdoc/>
    public override Task Submit(
        IAsyncStreamReader<SubmitPart> requestStream, IServerStreamWriter<SubmitReply> responseStream, ServerCallContext context) =>
        calls.Submit(requestStream, responseStream, context.CancellationToken);

    /// <inheritdoc/>
    public override Task Logs(LogRequest request, IServerStreamWriter<LogLine> responseStream, ServerCallContext context) =>
        calls.Logs(request, responseStream, context.CancellationToken);

    /// <inheritdoc/>
    public override Task<MeetReply> Meet(NodeInfo request, ServerCallContext context) =>
        Within(context, ended => calls.Meet(request, CallerOf(context), ended));

    /// <inheritdoc/>
    public override Task<PromiseReply> Promise(PromiseRequest request, ServerCallContext context) =>
        Within(context, ended => calls.Promise(request, ended));

    /// <inheritdoc/>
    public override Task<AppendReply> Append(AppendRequest request, ServerCallContext context) =>
        Within(context, ended => calls.Append(request, ended));

    /// <inheritdoc/>
    public override Task<PieceReply> Piece(PieceRequest request, ServerCallContext context) =>
        Within(context, ended => calls.Piece(request, ended));

    /// <inheritdoc/>
    public override Task<TakeOverReply> TakeOver(TakeOverRequest request, ServerCallContext context) =>
        Within(context, ended => calls.TakeOver(request, ended));

    private static IPEndPoint CallerOf(ServerCallContext context)
    {
        var connection = context.GetHttpContext().Connection;
        return new IPEndPoint(connection.RemoteIpAddress ?? IPAddress.None, connection.RemotePort);
    }

    private async Task<T> Within<T>(ServerCallContext context, Func<CancellationToken, Task<T>> call)
    {
        using var limit = new CancellationTokenSource(Patience, time);
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(context.CancellationToken, limit.Token);
        try
        {
            return await call(ended.Token);
        }
        catch (OperationCanceledException late) when (limit.IsCancellationRequested)
        {
            throw new RpcException(
                new Status(StatusCode.DeadlineExceeded, $"There was no answer within {Patience.TotalSeconds:0} s; try again.", late));
        }
    }
}
