using Backprop.Shared.Protocol;
using Grpc.Core;
using Grpc.Core.Interceptors;

namespace Backprop.Coordinator.Cluster.Sessions;

/// <summary>Before any method: whoever does not show the token is told so and nothing else.</summary>
/// <param name="gate">What has to be shown, and who is told of those that do not.</param>
internal sealed class TokenInterceptor(TokenGate gate) : Interceptor
{
    /// <inheritdoc/>
    public override Task<TResponse> UnaryServerHandler<TRequest, TResponse>(
        TRequest request, ServerCallContext context, UnaryServerMethod<TRequest, TResponse> continuation)
    {
        Require(context);
        return continuation(request, context);
    }

    /// <inheritdoc/>
    public override Task<TResponse> ClientStreamingServerHandler<TRequest, TResponse>(
        IAsyncStreamReader<TRequest> requestStream,
        ServerCallContext context,
        ClientStreamingServerMethod<TRequest, TResponse> continuation)
    {
        Require(context);
        return continuation(requestStream, context);
    }

    /// <inheritdoc/>
    public override Task ServerStreamingServerHandler<TRequest, TResponse>(
        TRequest request,
        IServerStreamWriter<TResponse> responseStream,
        ServerCallContext context,
        ServerStreamingServerMethod<TRequest, TResponse> continuation)
    {
        Require(context);
        return continuation(request, responseStream, context);
    }

    /// <inheritdoc/>
    public override Task DuplexStreamingServerHandler<TRequest, TResponse>(
        IAsyncStreamReader<TRequest> requestStream,
        IServerStreamWriter<TResponse> responseStream,
        ServerCallContext context,
        DuplexStreamingServerMethod<TRequest, TResponse> continuation)
    {
        Require(context);
        return continuation(requestStream, responseStream, context);
    }

    private void Require(ServerCallContext context)
    {
        var shown = context.RequestHeaders.GetValue("authorization");
        if (gate.Token is { } token && !token.IsShownBy(shown))
        {
            gate.Refused(
                AddressOf(context),
                shown is null
                    ? "The coordinator asks for a token and the worker has none; give the worker the coordinator's --token-file."
                    : "The worker's token is not the coordinator's; give the worker the coordinator's --token-file.");
            throw new RpcException(new Status(
                StatusCode.Unauthenticated, shown is null ? "A token is needed, and none was sent." : "The token is another one."));
        }
    }

    private static string AddressOf(ServerCallContext context)
    {
        var connection = context.GetHttpContext().Connection;
        return connection.RemoteIpAddress is { } address ? new System.Net.IPEndPoint(address, connection.RemotePort).ToString() : "?";
    }
}

/// <summary>What a server asks of everybody.</summary>
/// <param name="Token">What must be shown; null: nothing.</param>
/// <param name="Refused">Told who did not show it, and why.</param>
internal sealed record TokenGate(JoinToken? Token, Action<string, string> Refused);
