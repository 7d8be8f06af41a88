using Backprop.Shared.Identity;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;

namespace Backprop.Coordinator.Cluster.Sessions;

/// <summary>Lets in who speaks TLS and shows a certificate of the cluster; whoever does not is named in the log.</summary>
internal static class TlsDoor
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    /// <summary>Puts the door before all that is listened to on a port.</summary>
    /// <param name="gate">What this side shows, and who is told of those that are refused.</param>
    public static void Guard(ListenOptions port, IdentityFolder identity, CallerGate gate)
    {
        port.Use(next => async connection =>
        {
            var visit = new Visit();
            connection.Features.Set(visit);
            await next(connection);
            if (!visit.IsIn)
            {
                gate.Refused(
                    connection.RemoteEndPoint?.ToString() ?? "?",
                    visit.Why ?? "spoke no TLS 1.3, or did not believe this side's certificate");
            }
        });
        port.UseHttps(new TlsHandshakeCallbackOptions
        {
            HandshakeTimeout = Patience,
            OnConnection = context => ValueTask.FromResult(Tls.ForServer(
                identity, Tls.Anybody, why => context.Connection.Features.Get<Visit>()!.Why = why)),
        });
        port.Use(next => connection =>
        {
            connection.Features.Get<Visit>()!.IsIn = true;
            return next(connection);
        });
    }

    /// <summary>How far somebody came.</summary>
    private sealed class Visit
    {
        /// <summary>Why it was refused.</summary>
        public string? Why { get; set; }

        /// <summary>It was let in.</summary>
        public bool IsIn { get; set; }
    }
}
