using Backprop.Shared.Identity;
using Backprop.Shared.Primitives;
using Backprop.Tests.TestUtilities;

namespace Backprop.Tests.Shared.Identity;

public sealed class CertificateAuthorityTests : IDisposable
{
    private readonly TestCluster _cluster = new(new ManualClock());

    public void Dispose() => _cluster.Dispose();

    [Fact]
    public void WhatItIssues_IsBelieved_AndNamesWhoItIsFor()
    {
        foreach (var role in Enum.GetValues<Role>())
        {
            var identity = _cluster.Issue($"the {role}, 1", role).Current;

            identity.Name.ShouldBe(new CertificateName($"the {role}, 1", role));
            PeerCheck.WhyNot(identity.Certificate, identity.Authorities, [role], _cluster.Time.GetUtcNow()).ShouldBeNull();
        }
    }

    [Fact]
    public void ItKnowsWhatItHasIssued_AlsoWhenItIsOpenedAgain()
    {
        _cluster.Write("b", Role.Node);
        _cluster.Write("a", Role.Coordinator);

        using var again = CertificateAuthority.Open(_cluster["ca"]);

        again.Fingerprint.ShouldBe(_cluster.Authority.Fingerprint);
        again.Issued().Select(CertificateName.TryRead).ShouldBe([new("a", Role.Coordinator), new("b", Role.Node)]);
    }

    [Fact]
    public void NothingOutlivesTheAuthority()
    {
        var identity = _cluster.Issue("a", Role.Node, TimeSpan.FromDays(10_000)).Current;

        identity.Certificate.NotAfter.ShouldBe(identity.Authorities[0].NotAfter);
    }

    [Fact]
    public void NothingIsWrittenOver()
    {
        _cluster.Write("a", Role.Node);

        Should.Throw<UserException>(() => _cluster.Write("a", Role.Node)).Message.ShouldContain("is there already");
        Should.Throw<UserException>(() => CertificateAuthority.Create(_cluster["ca"], default)).ExitCode.ShouldBe(ExitCode.Usage);
    }

    [Fact]
    public void KeysAreForTheirOwnerAlone_AndOneThatIsOpenToAllIsRefused()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has other permissions");
        _cluster.Write("a", Role.Node);
        foreach (var key in (string[])[Path.Combine(_cluster["ca"], "ca.key"), Path.Combine(_cluster["a"], "identity.key")])
        {
#pragma warning disable CA1416 // skipped there
            File.GetUnixFileMode(key).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);
            File.SetUnixFileMode(key, UnixFileMode.UserRead | UnixFileMode.OtherRead);
#pragma warning restore CA1416
        }

        Should.Throw<UserException>(() => CertificateAuthority.Open(_cluster["ca"])).Message.ShouldContain("chmod 600");
        Should.Throw<UserException>(() => new IdentityFolder(_cluster["a"], _cluster.Time)).Message.ShouldContain("chmod 600");
    }

    [Theory]
    [InlineData("ca.key")]
    [InlineData("ca.crt")]
    public void ADamagedAuthority_IsRefusedInWords(string file)
    {
        File.WriteAllText(Path.Combine(_cluster["ca"], file), "nonsense");

        Should.Throw<UserException>(() => CertificateAuthority.Open(_cluster["ca"])).ExitCode.ShouldBe(ExitCode.Usage);
    }
}
