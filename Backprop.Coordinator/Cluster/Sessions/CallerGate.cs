using System.Net;
using Backprop.Shared.Identity;
using Backprop.Shared.Protocol;
using Backprop.Worker.Protocol;
using Grpc.Core;

namespace Backprop.Coordinator.Cluster.Sessions;

/// <summary>What a server asks of all who call a method: the token, where there is one, and a certificate of the right role.</summary>
/// <param name="token">What must be shown; null: nothing.</param>
/// <param name="identity">What this side shows of itself, and whom it believes; null: nothing, and all travels in the clear.</param>
/// <param name="refused">Told who was refused, why, and whether it is a stranger.</param>
internal sealed class CallerGate(JoinToken? token, IdentityFolder? identity, Action<string, string, bool> refused)
{
    /// <summary>What this side shows of itself, and whom it believes.</summary>
    public IdentityFolder? Identity => identity;

    /// <summary>Somebody was refused before any call.</summary>
    /// <param name="address">Where from.</param>
    /// <param name="why">In words that go on after "it".</param>
    public void Refused(string address, string why) => refused(address, why, true);

    /// <summary>Refuses a call that its caller may not make.</summary>
    /// <param name="presented">What it says of itself, where it says that it is a node.</param>
    /// <exception cref="RpcException">It is refused.</exception>
    public void Require(ServerCallContext context, NodeInfo? presented = null)
    {
        RequireToken(context);
        if (identity is not null)
        {
            RequireRole(context, presented);
        }
    }

    private void RequireToken(ServerCallContext context)
    {
        var shown = context.RequestHeaders.GetValue("authorization");
        if (token is not null && !token.IsShownBy(shown))
        {
            refused(
                AddressOf(context),
                shown is null
                    ? "The coordinator asks for a token and the worker has none; give the worker the coordinator's --token-file."
                    : "The worker's token is not the coordinator's; give the worker the coordinator's --token-file.",
                false);
            throw new RpcException(new Status(
                StatusCode.Unauthenticated, shown is null ? "A token is needed, and none was sent." : "The token is another one."));
        }
    }

    private void RequireRole(ServerCallContext context, NodeInfo? presented)
    {
        // The connection was let in with it, so its signature and its dates are good.
        var who = context.GetHttpContext().Connection.ClientCertificate is { } shown ? CertificateName.TryRead(shown) : null;
        var why = who is null ? "shows no certificate"
            : MethodRoles.WhyNot(context.Method, who.Role) ?? (presented is null ? null : MethodRoles.WhyNot(presented, who));
        if (why is not null)
        {
            refused(AddressOf(context), why, true);
            throw new RpcException(new Status(StatusCode.PermissionDenied, $"The caller {why}."));
        }
    }

    private static string AddressOf(ServerCallContext context)
    {
        var connection = context.GetHttpContext().Connection;
        return connection.RemoteIpAddress is { } address ? new IPEndPoint(address, connection.RemotePort).ToString() : "?";
    }
}
