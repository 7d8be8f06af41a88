using Backprop.Shared.Identity;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;

namespace Backprop.Coordinator.Cluster.Sessions;

/// <summary>Lets in who speaks TLS and shows a certificate of the cluster; whoever does not is named in the log.</summary>
internal static class TlsDoor
{
    private const byte Handshake = 22; // the type of a TLS client's first record
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    /// <summary>Puts the door before all that is listened to on a port.</summary>
    /// <param name="gate">What this side shows, and who is told of those that are refused.</param>
    public static void Guard(ListenOptions port, IdentityFolder identity, CallerGate gate)
    {
        port.Use(next => async connection =>
        {
            var visit = new Visit();
            connection.Features.Set(visit);
            if (await BeginsTls(connection, visit))
            {
                await next(connection);
                visit.Why ??= visit.IsIn ? null : "spoke no TLS 1.3, or did not believe this side's certificate";
            }

            if (visit.Why is { } why)
            {
                gate.Refused(connection.RemoteEndPoint?.ToString() ?? "?", why);
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

    /// <summary>
    /// Looks at the first byte and leaves it there. Who goes without a word is nobody: a node that asks several and has its answer does so.
    /// </summary>
    private static async Task<bool> BeginsTls(ConnectionContext connection, Visit visit)
    {
        using var limit = new CancellationTokenSource(Patience);
        try
        {
            var input = connection.Transport.Input;
            var read = await input.ReadAsync(limit.Token);
            var isEmpty = read.Buffer.IsEmpty;
            var begins = !isEmpty && read.Buffer.FirstSpan[0] == Handshake;
            input.AdvanceTo(read.Buffer.Start);
            visit.Why = isEmpty || begins ? null : "did not speak TLS";
            return begins;
        }
        catch (OperationCanceledException)
        {
            visit.Why = "said nothing";
        }
        catch (Exception gone) when (gone is IOException or ConnectionAbortedException)
        {
            // As one that goes without a word.
        }

        return false;
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
