using System.Globalization;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Backprop.Shared.Identity;

/// <summary>
/// Whether a certificate is to be believed: it was signed by an authority that is trusted, it is good now, and its role is one that may do
/// what is asked. Hosts are not compared: a cluster's authority signs nothing but its members, and the role says who may serve.
/// </summary>
internal static class PeerCheck
{
    private const string ForServers = "1.3.6.1.5.5.7.3.1";
    private const string ForClients = "1.3.6.1.5.5.7.3.2";

    /// <summary>What a certificate of a role is for: only nodes serve.</summary>
    public static OidCollection UsesOf(Role role) => role is Role.Coordinator or Role.Node
        ? [new Oid(ForServers), new Oid(ForClients)]
        : [new Oid(ForClients)];

    /// <summary>Judges what the other side shows.</summary>
    /// <param name="shown">Null: it shows none.</param>
    /// <param name="authorities">Whose certificates are believed.</param>
    /// <param name="roles">Who may be there.</param>
    /// <returns>Why not, in words that go on after "it"; null: it is believed.</returns>
    public static string? WhyNot(
        X509Certificate2? shown, X509Certificate2Collection authorities, ReadOnlySpan<Role> roles, DateTimeOffset now)
    {
        if (shown is null)
        {
            return "shows no certificate";
        }

        if (CertificateName.TryRead(shown) is not { } name)
        {
            return "shows a certificate that names no role";
        }

        if (WhyNotGood(shown, authorities, now) is { } why)
        {
            return $"shows a certificate that {why}";
        }

        return roles.Contains(name.Role) ? null : $"shows a certificate for the role {RoleWords.Of(name.Role)}, which may not do this";
    }

    /// <summary>Whether it was signed by one of the authorities and is good now, whatever its role.</summary>
    /// <returns>Why not, in words that go on after "a certificate that"; null: it is.</returns>
    public static string? WhyNotGood(X509Certificate2 certificate, X509Certificate2Collection authorities, DateTimeOffset now)
    {
        // Before the chain: who made it matters more than when, and a foreign one may have any date.
        using var chain = new X509Chain
        {
            ChainPolicy =
            {
                TrustMode = X509ChainTrustMode.CustomRootTrust,
                RevocationMode = X509RevocationMode.NoCheck,
                DisableCertificateDownloads = true,
                VerificationTimeIgnored = false,
                VerificationTime = now.LocalDateTime,
            },
        };
        chain.ChainPolicy.CustomTrustStore.AddRange(authorities);
        if (chain.Build(certificate))
        {
            return null;
        }

        var all = chain.ChainStatus.Aggregate(X509ChainStatusFlags.NoError, (flags, status) => flags | status.Status);
        const X509ChainStatusFlags Foreign = X509ChainStatusFlags.PartialChain | X509ChainStatusFlags.UntrustedRoot
            | X509ChainStatusFlags.NotSignatureValid;
        return (all & Foreign) != 0 ? "another authority has signed"
            : now < certificate.NotBefore ? Dated("is not good before", certificate.NotBefore)
            : now > certificate.NotAfter ? Dated("was good until", certificate.NotAfter)
            : $"cannot be believed ({all})";
    }

    private static string Dated(string words, DateTime time) =>
        string.Create(CultureInfo.InvariantCulture, $"{words} {time.ToUniversalTime():yyyy-MM-dd HH:mm} UTC");
}
