using System.Net.Sockets;
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

    private static readonly TimeSpan ConnectLimit = TimeSpan.FromSeconds(3);

    /// <summary>A channel to a node.</summary>
    public static GrpcChannel To(HostPort node) => GrpcChannel.ForAddress($"http://{node}", new GrpcChannelOptions
    {
        HttpHandler = new SocketsHttpHandler { ConnectTimeout = ConnectLimit, UseProxy = false, EnableMultipleHttp2Connections = false },
        DisposeHttpClient = true,
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

    /// <summary>Why a call failed, in a few words.</summary>
    public static string ReasonOf(RpcException problem)
    {
        for (Exception? inner = problem.Status.DebugException; inner is not null; inner = inner.InnerException)
        {
            if (inner is SocketException)
            {
                return Shown.Reason(inner);
            }
        }

        return problem.StatusCode switch
        {
            StatusCode.DeadlineExceeded => "it did not answer in time",
            StatusCode.Unimplemented or StatusCode.Internal => "it is no node of a Backprop cluster",
            _ => problem.Status.Detail.Length > 0 ? WireText.Sentence(problem.Status.Detail) : $"{problem.StatusCode}",
        };
    }
}
