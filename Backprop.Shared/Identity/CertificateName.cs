using System.Security.Cryptography.X509Certificates;

namespace Backprop.Shared.Identity;

/// <summary>Who a certificate is for: its subject has the name (CN) and the role (OU).</summary>
/// <param name="Name">As in the cluster's log.</param>
/// <param name="Role">What its holder may do.</param>
internal sealed record CertificateName(string Name, Role Role)
{
    private const string CommonName = "2.5.4.3";
    private const string Unit = "2.5.4.11";

    /// <summary>The subject of a certificate for this.</summary>
    public X500DistinguishedName ToSubject()
    {
        var subject = new X500DistinguishedNameBuilder();
        subject.AddCommonName(Name);
        subject.AddOrganizationalUnitName(RoleWords.Of(Role));
        return subject.Build();
    }

    /// <summary>Whom a certificate is for; null: it names no role, so it is none of a cluster.</summary>
    public static CertificateName? TryRead(X509Certificate2 certificate)
    {
        string? name = null;
        Role? role = null;
        foreach (var part in certificate.SubjectName.EnumerateRelativeDistinguishedNames())
        {
            if (part.HasMultipleElements)
            {
                return null;
            }

            switch (part.GetSingleElementType().Value)
            {
                case CommonName when name is null:
                    name = part.GetSingleElementValue();
                    break;
                case Unit when role is null:
                    role = RoleWords.TryRead(part.GetSingleElementValue());
                    break;
                default:
                    return null;
            }
        }

        return name is not null && role is { } known ? new CertificateName(name, known) : null;
    }
}
