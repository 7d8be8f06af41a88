using System.Net;
using Backprop.Shared.Protocol;
using Backprop.Worker.Protocol;
using Grpc.Core;

namespace Backprop.Coordinator.Cluster.Sessions;

/// <summary>
/// What is asked of this process over gRPC: the service's methods without the server's types. Whoever does not know a method leaves it
/// out. What a caller is to be told is thrown as <see cref="RpcException"/>.
/// </summary>
internal interface IClusterCalls
{
    /// <summary>A worker asks to take part.</summary>
    /// <param name="caller">Where it asks from.</param>
    /// <param name="ended">The caller does not wait any more.</param>
    Task<JoinReply> Join(JoinRequest request, IPEndPoint caller, CancellationToken ended);

    /// <summary>A worker asks for a piece of a data file.</summary>
    /// <param name="ended">The caller does not wait any more.</param>
    Task<FetchReply> Fetch(FetchRequest request, CancellationToken ended);

    /// <summary>What the cluster does, again and again.</summary>
    Task Watch(WatchRequest request, IServerStreamWriter<WatchReply> replies, CancellationToken ended) => throw Unknown(nameof(Watch));

    /// <summary>People order something.</summary>
    Task<OrderReply> Control(Order order, CancellationToken ended) => throw Unknown(nameof(Control));

    /// <summary>A run is to be trained.</summary>
    Task Submit(IAsyncStreamReader<SubmitPart> parts, IServerStreamWriter<SubmitReply> replies, CancellationToken ended) =>
        throw Unknown(nameof(Submit));

    /// <summary>Lines of a log.</summary>
    Task Logs(LogRequest request, IServerStreamWriter<LogLine> lines, CancellationToken ended) => throw Unknown(nameof(Logs));

    /// <summary>A node wants to become a member.</summary>
    Task<MeetReply> Meet(NodeInfo node, IPEndPoint caller, CancellationToken ended) => throw Unknown(nameof(Meet));

    /// <summary>A node asks for a promise.</summary>
    Task<PromiseReply> Promise(PromiseRequest request, CancellationToken ended) => throw Unknown(nameof(Promise));

    /// <summary>A node that leads the record sends entries.</summary>
    Task<AppendReply> Append(AppendRequest request, CancellationToken ended) => throw Unknown(nameof(Append));

    /// <summary>A node asks for a piece of a file that belongs to the record.</summary>
    Task<PieceReply> Piece(PieceRequest request, CancellationToken ended) => throw Unknown(nameof(Piece));

    /// <summary>A person has this node coordinate.</summary>
    Task<TakeOverReply> TakeOver(TakeOverRequest request, CancellationToken ended) => throw Unknown(nameof(TakeOver));

    private static RpcException Unknown(string method) =>
        new(new Status(StatusCode.Unimplemented, $"This process answers no {method}; ask a node of the cluster."));
}
