using System.Security.Cryptography;
using Backprop.Shared.Identity;
using Backprop.Shared.Protocol;

namespace Backprop.Coordinator.Cluster.Sessions;

/// <summary>
/// Makes a link TLS whose worker has knocked, and has it show its ticket within. A thread of its own waits for that, so nobody else does;
/// there are never more of them than tickets.
/// </summary>
internal static class LinkHandshake
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    /// <summary>Begins.</summary>
    /// <param name="link">The handshake's from now on, and closed where it fails.</param>
    /// <param name="ticket">What has to be shown.</param>
    /// <param name="done">It is in.</param>
    /// <param name="refused">Told why not, in words that go on after "it".</param>
    public static void Begin(
        FrameLink link, IdentityFolder identity, byte[] ticket, Action done, Action<string> refused, TimeProvider time) =>
        new Thread(() => Run(link, identity, ticket, done, refused, time)) { IsBackground = true, Name = "backprop handshake" }.Start();

    private static void Run(
        FrameLink link, IdentityFolder identity, byte[] ticket, Action done, Action<string> refused, TimeProvider time)
    {
        string? why = null;
        try
        {
            using (time.CreateTimer(_ => link.Close(), null, Patience, Timeout.InfiniteTimeSpan))
            {
                link.Send(FrameKind.Secure, new Secure());
                link.Secure(stream => stream.AuthenticateAsServer(Tls.ForServer(identity, Tls.Workers, reason => why = reason)));
                link.Scanner.Limits = FrameLimits.Opening;
                link.Receive();
            }

            var open = Envelopes.Read(Open.Parser, link.Scanner.Envelope);
            if (CryptographicOperations.FixedTimeEquals(open.Ticket.Span, ticket))
            {
                link.Scanner.Limits = FrameLimits.Worker;
                done();
                return;
            }

            why = "its ticket is not the one that it knocked with";
        }
        catch (Exception problem) when (problem is LinkClosedException or ProtocolException)
        {
            why ??= problem is ProtocolException ? problem.Message : "knocked, and spoke no TLS 1.3";
        }

        refused(why);
        link.Dispose();
    }
}
