using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;

namespace Backprop.Shared.Identity;

/// <summary>How the planes of a cluster use TLS: version 1.3, with certificates on both sides, judged by <see cref="PeerCheck"/>.</summary>
internal static class Tls
{
    /// <summary>Who may be at the other end of a server's connection, as far as the connection is concerned.</summary>
    public static readonly Role[] Anybody = Enum.GetValues<Role>();

    /// <summary>Who may serve.</summary>
    public static readonly Role[] Servers = [Role.Coordinator, Role.Node];

    /// <summary>Who may compute.</summary>
    public static readonly Role[] Workers = [Role.Coordinator, Role.Node, Role.Worker];

    /// <summary>For the side that listens.</summary>
    /// <param name="own">What it shows, and whom it believes.</param>
    /// <param name="roles">Who may come.</param>
    /// <param name="refused">Told why somebody is refused, in words that go on after "it".</param>
    public static SslServerAuthenticationOptions ForServer(IdentityFolder own, Role[] roles, Action<string> refused)
    {
        var identity = own.Current;
        return new SslServerAuthenticationOptions
        {
            ServerCertificate = identity.Certificate,
            ClientCertificateRequired = true,
            EnabledSslProtocols = SslProtocols.Tls13,
            AllowRenegotiation = false,
            CertificateChainPolicy = Nowhere(),
            RemoteCertificateValidationCallback = (_, shown, _, _) => IsBelieved(identity, own.Now, shown, roles, refused),
        };
    }

    /// <summary>For the side that calls. What the folder holds is looked at for each connection.</summary>
    /// <param name="own">What it shows, and whom it believes.</param>
    /// <returns>
    /// With these, a connection to whoever is no node of the cluster fails with an <see cref="AuthenticationException"/> that says why.
    /// </returns>
    public static SslClientAuthenticationOptions ForClient(IdentityFolder own) => new()
    {
        LocalCertificateSelectionCallback = (_, _, _, _, _) => own.Current.Certificate,
        EnabledSslProtocols = SslProtocols.Tls13,
        AllowRenegotiation = false,
        CertificateChainPolicy = Nowhere(),
        RemoteCertificateValidationCallback = (_, shown, _, _) => IsBelieved(
            own.Current, own.Now, shown, Servers, why => throw new AuthenticationException($"it {why}")),
    };

    private static bool IsBelieved(
        OwnIdentity own, DateTimeOffset now, X509Certificate? shown, Role[] roles, Action<string> refused)
    {
        if (PeerCheck.WhyNot(shown as X509Certificate2, own.Authorities, roles, now) is not { } why)
        {
            return true;
        }

        refused(why);
        return false;
    }

    /// <summary>The framework's own judgement is not asked for, so it shall ask nobody on the network.</summary>
    private static X509ChainPolicy Nowhere() => new()
    {
        TrustMode = X509ChainTrustMode.CustomRootTrust,
        RevocationMode = X509RevocationMode.NoCheck,
        DisableCertificateDownloads = true,
    };
}
