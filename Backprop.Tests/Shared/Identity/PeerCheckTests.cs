using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Backprop.Shared.Identity;
using Backprop.Tests.TestUtilities;

namespace Backprop.Tests.Shared.Identity;

public sealed class PeerCheckTests : IDisposable
{
    private readonly ManualClock _clock = new();
    private readonly TestCluster _cluster;
    private readonly TestCluster _foreign;

    public PeerCheckTests() => (_cluster, _foreign) = (new TestCluster(_clock), new TestCluster(_clock));

    public void Dispose()
    {
        _cluster.Dispose();
        _foreign.Dispose();
    }

    [Fact]
    public void WhoShowsNothing_IsRefused() => WhyNot(null).ShouldBe("shows no certificate");

    [Fact]
    public void AnotherClustersCertificate_IsRefused() =>
        WhyNot(_foreign.Issue("a", Role.Coordinator).Current.Certificate)!.ShouldContain("another authority");

    [Fact]
    public void AnotherRole_IsRefused() => WhyNot(_cluster.Issue("w", Role.Worker).Current.Certificate)!.ShouldContain("role worker");

    [Theory]
    [InlineData(-2 * 3600, "is not good before 2026-11-22 11:00 UTC")]
    [InlineData(0, null)]
    [InlineData(29 * 86400, null)]
    [InlineData(31 * 86400, "was good until 2026-12-22 12:00 UTC")]
    public void OutsideItsTime_ItIsRefused(int seconds, string? why)
    {
        var certificate = _cluster.Issue("a", Role.Coordinator).Current.Certificate;

        _clock.Leap(seconds);

        (WhyNot(certificate) ?? "").ShouldEndWith(why ?? "");
        (WhyNot(certificate) is null).ShouldBe(why is null);
    }

    /// <summary>Somebody who may use a node's key signs a coordinator's certificate with it.</summary>
    [Fact]
    public void WhoIsNoAuthority_SignsInVain()
    {
        var node = _cluster.Issue("n", Role.Node).Current.Certificate;
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest(new CertificateName("a", Role.Coordinator).ToSubject(), key, HashAlgorithmName.SHA256);
        var generator = X509SignatureGenerator.CreateForECDsa(node.GetECDsaPrivateKey()!);
        using var forged = request.Create(node.SubjectName, generator, _clock.GetUtcNow(), _clock.GetUtcNow().AddDays(1), [1, 2, 3]);

        WhyNot(forged)!.ShouldContain("another authority");
    }

    [Theory]
    [InlineData("CN=a")]
    [InlineData("OU=coordinator")]
    [InlineData("CN=a, OU=king")]
    [InlineData("CN=a, OU=coordinator, OU=worker")]
    [InlineData("CN=a, CN=b, OU=coordinator")]
    [InlineData("CN=a, OU=coordinator, O=x")]
    public void WhoNamesNoRoleAsWeDo_IsRefused(string subject)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var made = new CertificateRequest(subject, key, HashAlgorithmName.SHA256)
            .CreateSelfSigned(_clock.GetUtcNow(), _clock.GetUtcNow().AddDays(1));

        WhyNot(made)!.ShouldContain("names no role");
    }

    private string? WhyNot(X509Certificate2? shown)
    {
        var authorities = new X509Certificate2Collection();
        authorities.ImportFromPemFile(Path.Combine(_cluster["ca"], "ca.crt"));
        return PeerCheck.WhyNot(shown, authorities, [Role.Coordinator, Role.Node], _clock.GetUtcNow());
    }
}
