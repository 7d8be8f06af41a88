using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Backprop.Shared.Checkpoints;
using Backprop.Shared.Primitives;

namespace Backprop.Shared.Identity;

/// <summary>
/// Who signs a cluster's certificates: a folder with <c>ca.crt</c>, <c>ca.key</c> and, in <c>issued</c>, each certificate that it signed.
/// It stays where the cluster was made; no node needs it.
/// </summary>
internal sealed class CertificateAuthority : IDisposable
{
    /// <summary>The authority's certificate, here and in the folders that it issues.</summary>
    public const string CertificateFile = "ca.crt";

    private const string KeyFile = "ca.key";
    private const string IssuedFolder = "issued";
    private const int SerialBytes = 16;
    private static readonly TimeSpan Lifetime = TimeSpan.FromDays(3650);

    /// <summary>A certificate is good an hour before it was made, for machines whose clocks are behind.</summary>
    private static readonly TimeSpan Early = TimeSpan.FromHours(1);

    private readonly string _folder;
    private readonly X509Certificate2 _certificate;

    private CertificateAuthority(string folder, X509Certificate2 certificate) => (_folder, _certificate) = (folder, certificate);

    /// <summary>The SHA-256 of its certificate, in hexadecimal digits.</summary>
    public string Fingerprint => Convert.ToHexStringLower(_certificate.GetCertHash(HashAlgorithmName.SHA256));

    /// <summary>Makes a new one.</summary>
    /// <param name="folder">Made here; there must be nothing of the name.</param>
    /// <exception cref="UserException">The folder is there already (exit code 2), or it cannot be written (5).</exception>
    public static CertificateAuthority Create(string folder, DateTimeOffset now)
    {
        if (Path.Exists(folder))
        {
            throw new UserException(
                ExitCode.Usage, $"{folder} is there already, and an authority is never written over; choose a new folder.");
        }

        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=Backprop cluster", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, true, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, false));
        var certificate = request.CreateSelfSigned(now - Early, now + Lifetime);

        DurableFile.MakeFolder(Path.Combine(folder, IssuedFolder));
        PrivateFile.Create(Path.Combine(folder, KeyFile), key.ExportPkcs8PrivateKeyPem());
        WriteText(Path.Combine(folder, CertificateFile), certificate.ExportCertificatePem());
        return new CertificateAuthority(folder, certificate);
    }

    /// <summary>Opens one that was made before.</summary>
    /// <exception cref="UserException">There is none, or its key is open to others (exit code 2).</exception>
    public static CertificateAuthority Open(string folder)
    {
        var path = Path.Combine(folder, CertificateFile);
        var key = PrivateFile.Read(Path.Combine(folder, KeyFile));
        try
        {
            return new CertificateAuthority(folder, X509Certificate2.CreateFromPem(File.ReadAllText(path), key));
        }
        catch (Exception problem) when (
            problem is IOException or UnauthorizedAccessException or CryptographicException or ArgumentException)
        {
            throw new UserException(ExitCode.Usage, $"{folder} holds no authority of a cluster: {Shown.Reason(problem)}.", problem);
        }
    }

    /// <summary>Signs a certificate, and writes a folder that its holder needs and nothing else: see <see cref="OwnIdentity"/>.</summary>
    /// <param name="folder">Made here; there must be nothing of the name.</param>
    /// <param name="lifetime">How long it is good.</param>
    /// <exception cref="UserException">The folder is there already (exit code 2), or it cannot be written (5).</exception>
    public X509Certificate2 Issue(CertificateName name, string folder, TimeSpan lifetime, DateTimeOffset now)
    {
        if (Path.Exists(folder))
        {
            throw new UserException(ExitCode.Usage, $"{folder} is there already; choose a new folder with --out.");
        }

        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var end = now + lifetime < _certificate.NotAfter ? now + lifetime : _certificate.NotAfter;
        var begin = now - Early > _certificate.NotBefore ? now - Early : _certificate.NotBefore;
        var certificate = RequestFor(name, key).Create(_certificate, begin, end, RandomNumberGenerator.GetBytes(SerialBytes));

        // First the authority's own list: what was issued and is not known could not be revoked.
        WriteText(Path.Combine(_folder, IssuedFolder, $"{certificate.SerialNumber}.crt"), certificate.ExportCertificatePem());
        DurableFile.MakeFolder(folder);
        PrivateFile.Create(Path.Combine(folder, OwnIdentity.KeyFile), key.ExportPkcs8PrivateKeyPem());
        WriteText(Path.Combine(folder, OwnIdentity.CertificateFile), certificate.ExportCertificatePem());
        WriteText(Path.Combine(folder, CertificateFile), _certificate.ExportCertificatePem());
        return certificate;
    }

    /// <summary>What it has signed, by name and time.</summary>
    /// <exception cref="UserException">Its list cannot be read (exit code 5).</exception>
    public IReadOnlyList<X509Certificate2> Issued()
    {
        try
        {
            return
            [
                .. Directory.EnumerateFiles(Path.Combine(_folder, IssuedFolder), "*.crt")
                    .Select(X509CertificateLoader.LoadCertificateFromFile)
                    .OrderBy(certificate => CertificateName.TryRead(certificate)?.Name, StringComparer.Ordinal)
                    .ThenBy(certificate => certificate.NotAfter),
            ];
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException or CryptographicException)
        {
            throw new UserException(
                ExitCode.Storage, $"What {_folder} has issued cannot be read: {Shown.Reason(problem)}.", problem);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _certificate.Dispose();

    private CertificateRequest RequestFor(CertificateName name, ECDsa key)
    {
        var request = new CertificateRequest(name.ToSubject(), key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension(PeerCheck.UsesOf(name.Role), false));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, false));
        request.CertificateExtensions.Add(X509AuthorityKeyIdentifierExtension.CreateFromCertificate(_certificate, true, false));
        return request;
    }

    private static void WriteText(string path, string text) =>
        DurableFile.Replace(path, stream => stream.Write(System.Text.Encoding.ASCII.GetBytes(text + "\n")));
}
