using Backprop.Shared.Identity;
using Backprop.Tests.TestUtilities;

namespace Backprop.Tests.Shared.Identity;

/// <summary>An authority and what it has issued, in a folder of a test's own.</summary>
internal sealed class TestCluster : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public TestCluster(TimeProvider? time = null)
    {
        Time = time ?? TimeProvider.System;
        Authority = CertificateAuthority.Create(_folder["ca"], Time.GetUtcNow() - TimeSpan.FromDays(20));
    }

    public TimeProvider Time { get; }

    public CertificateAuthority Authority { get; }

    public string this[string name] => _folder[name];

    /// <summary>Issues a certificate and opens it.</summary>
    public IdentityFolder Issue(string name, Role role, TimeSpan? lifetime = null)
    {
        Write(name, role, lifetime);
        return new IdentityFolder(_folder[name], Time);
    }

    /// <summary>Issues a certificate.</summary>
    public void Write(string name, Role role, TimeSpan? lifetime = null) =>
        Authority.Issue(new CertificateName(name, role), _folder[name], lifetime ?? TimeSpan.FromDays(30), Time.GetUtcNow()).Dispose();

    public void Dispose()
    {
        Authority.Dispose();
        _folder.Dispose();
    }
}
