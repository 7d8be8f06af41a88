using Backprop.Shared.Protocol;
using Backprop.Worker.Protocol;
using Grpc.Core;
using Grpc.Net.Client;

namespace Backprop.Tests.EndToEnd;

/// <summary>Calls a coordinator, one connection a call.</summary>
internal sealed class RawCaller(HostPort address, JoinToken? token)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(40);

    public T Call<T>(Func<Cluster.ClusterClient, CallOptions, T> call)
    {
        using var channel = GrpcChannel.ForAddress($"http://{address}");
        Metadata headers = token is null ? [] : [new("authorization", token.Bearer)];
        return call(new Cluster.ClusterClient(channel), new CallOptions(headers, TimeProvider.System.GetUtcNow().UtcDateTime + Patience));
    }
}
