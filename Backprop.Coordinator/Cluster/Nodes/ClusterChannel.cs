using System.Net.Sockets;
using System.Security.Authentication;
using Backprop.Shared.Identity;
using Backprop.Shared.Primitives;
using Backprop.Shared.Protocol;
using Grpc.Core;
using Grpc.Net.Client;

namespace Backprop.Coordinator.Cluster.Nodes;

/// <summary>Calls to a node's gRPC port.</summary>
internal static class ClusterChannel
{
    /// <summary>Where the address of who coordinates stands in a refusal.</summary>
    public const string CoordinatorTrailer = "backprop-coordinator";

    private const string NoNode = "no node of a Backprop cluster has its base port there";
    private static readonly TimeSpan ConnectLimit = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan KeepAlive = TimeSpan.FromSeconds(4);

    /// <summary>A node that was away for long is found soon after it is back.</summary>
    private static readonly TimeSpan ConnectAgain = TimeSpan.FromSeconds(2);

    /// <summary>A channel to a node.</summary>
    /// <param name="identity">What this side shows of itself; null: all travels in the clear.</param>
    public static GrpcChannel To(HostPort node, IdentityFolder? identity) => GrpcChannel.ForAddress(
        $"{(identity is null ? "http" : "https")}://{node}", new GrpcChannelOptions
        {
            HttpHandler = new SocketsHttpHandler
            {
                SslOptions = identity is null ? new() : Tls.ForClient(identity),
                ConnectTimeout = ConnectLimit,
                UseProxy = false,
                EnableMultipleHttp2Connections = false,

                // A node that was stopped, or is cut off, is not waited for without end.
                KeepAlivePingDelay = KeepAlive,
                KeepAlivePingTimeout = KeepAlive,
            },
            DisposeHttpClient = true,
            MaxReconnectBackoff = ConnectAgain,
        });

    /// <summary>The headers of each call.</summary>
    public static Metadata HeadersOf(JoinToken? token)
    {
        var headers = new Metadata();
        if (token is not null)
        {
            headers.Add("authorization", token.Bearer);
        }

        return headers;
    }

    /// <summary>Whether what answered speaks something else: another port of a node, or another program.</summary>
    private static bool IsNoGrpc(RpcException problem) =>
        problem.Status.DebugException is HttpRequestException { HttpRequestError: not HttpRequestError.ConnectionError }
        || problem.StatusCode == StatusCode.Internal && problem.Status.Detail.StartsWith("Bad gRPC response", StringComparison.Ordinal);

    /// <summary>Why the other side is not believed, or TLS did not come about; null: the call failed for another reason.</summary>
    public static string? Disbelief(RpcException problem) => CauseOf<AuthenticationException>(problem);

    /// <summary>Why a call failed, in a few words.</summary>
    public static string ReasonOf(RpcException problem)
    {
        if ((CauseOf<SocketException>(problem) ?? Disbelief(problem)) is { } cause)
        {
            return cause;
        }

        return problem.StatusCode switch
        {
            StatusCode.DeadlineExceeded or StatusCode.Cancelled => "it did not answer in time",
            StatusCode.Unimplemented => NoNode,
            StatusCode.Internal or StatusCode.Unavailable when IsNoGrpc(problem) => $"{NoNode}, or it has TLS, and wants an --identity",
            StatusCode.Unavailable when problem.Status.Detail.StartsWith("Error connecting", StringComparison.Ordinal) =>
                "no connection came about in time",
            StatusCode.Internal => "the connection broke",
            _ => problem.Status.Detail.Length > 0 ? WireText.Sentence(problem.Status.Detail) : $"{problem.StatusCode}",
        };
    }

    private static string? CauseOf<T>(RpcException problem)
        where T : Exception
    {
        for (Exception? inner = problem.Status.DebugException; inner is not null; inner = inner.InnerException)
        {
            if (inner is T)
            {
                return Shown.Reason(inner);
            }
        }

        return null;
    }
}
