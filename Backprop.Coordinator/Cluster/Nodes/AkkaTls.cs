using Akka.Actor.Setup;
using Akka.Remote.Transport.DotNetty;
using Backprop.Shared.Identity;

namespace Backprop.Coordinator.Cluster.Nodes;

/// <summary>
/// TLS between nodes, with certificates on both sides: of nodes alone, so a worker's certificate cannot join the gossip. An actor system
/// shows the certificate that it was started with; whom it believes is read again when the folder changes.
/// </summary>
internal static class AkkaTls
{
    /// <summary>What an actor system is started with.</summary>
    /// <param name="identity">What this node shows, and whom it believes.</param>
    /// <param name="refused">Told who was refused, and why, in words that go on after "it".</param>
    public static Setup Of(IdentityFolder identity, Action<string, string> refused) => new DotNettySslSetup(
        identity.Current.Certificate,
        suppressValidation: false,
        requireMutualAuthentication: true,
        validateCertificateHostname: false,
        (shown, _, address, _, _) =>
        {
            if (PeerCheck.WhyNot(shown, identity.Current.Authorities, Tls.Servers, identity.Now) is not { } why)
            {
                return true;
            }

            refused(address ?? "?", why);
            return false;
        });
}
