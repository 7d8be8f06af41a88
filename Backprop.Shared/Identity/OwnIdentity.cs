using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Backprop.Shared.Primitives;

namespace Backprop.Shared.Identity;

/// <summary>
/// What a process shows of itself, and whom it believes: a folder with <c>identity.crt</c>, <c>identity.key</c> and <c>ca.crt</c>, which
/// may hold several authorities.
/// </summary>
internal sealed class OwnIdentity : IDisposable
{
    /// <summary>The certificate's file.</summary>
    public const string CertificateFile = "identity.crt";

    /// <summary>The key's file.</summary>
    public const string KeyFile = "identity.key";

    private OwnIdentity(X509Certificate2 certificate, X509Certificate2Collection authorities, CertificateName name)
    {
        (Certificate, Authorities, Name) = (certificate, authorities, name);
    }

    /// <summary>With its key.</summary>
    public X509Certificate2 Certificate { get; }

    /// <summary>Whose certificates are believed.</summary>
    public X509Certificate2Collection Authorities { get; }

    /// <summary>Whom it is for.</summary>
    public CertificateName Name { get; }

    /// <summary>Reads a folder.</summary>
    /// <exception cref="UserException">
    /// Something is missing or no certificate of a cluster, or the key is open to others (exit code 2); it is not good now (6).
    /// </exception>
    public static OwnIdentity Open(string folder, DateTimeOffset now)
    {
        var key = PrivateFile.Read(Path.Combine(folder, KeyFile));
        X509Certificate2 certificate;
        var authorities = new X509Certificate2Collection();
        try
        {
            certificate = X509Certificate2.CreateFromPem(File.ReadAllText(Path.Combine(folder, CertificateFile)), key);
            authorities.ImportFromPemFile(Path.Combine(folder, CertificateAuthority.CertificateFile));
            if (authorities.Count == 0)
            {
                throw new CryptographicException($"{CertificateAuthority.CertificateFile} holds no certificate");
            }
        }
        catch (Exception problem) when (
            problem is IOException or UnauthorizedAccessException or CryptographicException or ArgumentException)
        {
            throw new UserException(
                ExitCode.Usage,
                $"--identity {folder} holds no certificate of a cluster: {Shown.Reason(problem)}; make one with: backprop cluster issue.",
                problem);
        }

        var name = CertificateName.TryRead(certificate) ?? throw new UserException(
            ExitCode.Usage, $"The certificate in --identity {folder} names no role; make one with: backprop cluster issue.");
        if (PeerCheck.WhyNotGood(certificate, authorities, now) is { } why)
        {
            throw new UserException(
                ExitCode.Authentication, $"The certificate in --identity {folder} {why}; make a new one with: backprop cluster issue.");
        }

        return new OwnIdentity(certificate, authorities, name);
    }

    /// <summary>Refuses what this certificate may not be used for.</summary>
    /// <exception cref="UserException">Its role is another one (exit code 6).</exception>
    public void Require(string purpose, params ReadOnlySpan<Role> roles)
    {
        if (!roles.Contains(Name.Role))
        {
            throw new UserException(
                ExitCode.Authentication,
                $"The certificate of {Protocol.WireText.Name(Name.Name)} is for the role {RoleWords.Of(Name.Role)}, and {purpose} needs "
                + $"{Words(roles)}; issue another.");
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Certificate.Dispose();
        foreach (var authority in Authorities)
        {
            authority.Dispose();
        }
    }

    private static string Words(ReadOnlySpan<Role> roles)
    {
        var words = new string[roles.Length];
        for (var i = 0; i < roles.Length; i++)
        {
            words[i] = RoleWords.Of(roles[i]);
        }

        return string.Join(" or ", words);
    }
}
