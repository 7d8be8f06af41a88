using Backprop.Shared.Identity;
using Backprop.Shared.Protocol;
using Backprop.Worker.Protocol;
using ClusterBase = Backprop.Worker.Protocol.Cluster.ClusterBase;

namespace Backprop.Coordinator.Cluster.Sessions;

/// <summary>Which role may call which method. Pure. A method that is not listed is a coordinator's alone.</summary>
internal static class MethodRoles
{
    private const string Service = "/backprop.Cluster/";
    private const string MayCoordinate = "coordinator";

    private static readonly Dictionary<string, Role[]> Others = new()
    {
        [nameof(ClusterBase.Join)] = [Role.Node, Role.Worker],
        [nameof(ClusterBase.Fetch)] = [Role.Node, Role.Worker],
        [nameof(ClusterBase.Meet)] = [Role.Node],
        [nameof(ClusterBase.Watch)] = [Role.Node, Role.Operator],
        [nameof(ClusterBase.Logs)] = [Role.Node, Role.Operator],
        [nameof(ClusterBase.Control)] = [Role.Operator],
        [nameof(ClusterBase.Submit)] = [Role.Operator],
        [nameof(ClusterBase.TakeOver)] = [Role.Operator],
    };

    /// <summary>Whether a role may call a method.</summary>
    /// <param name="method">
    /// As gRPC has it: <c>/backprop.Cluster/Join</c>. What is no method of ours, the check of health say, anybody may.
    /// </param>
    /// <returns>Why not, in words that go on after "it"; null: it may.</returns>
    public static string? WhyNot(string method, Role role)
    {
        if (role == Role.Coordinator || !method.StartsWith(Service, StringComparison.Ordinal))
        {
            return null;
        }

        var name = method[Service.Length..];
        return Others.TryGetValue(name, out var roles) && roles.Contains(role)
            ? null
            : $"has a certificate for the role {RoleWords.Of(role)}, which may not call {WireText.Name(name)}";
    }

    /// <summary>Whether a node is what its certificate says.</summary>
    /// <returns>Why not, in words that go on after "it"; null: it is.</returns>
    public static string? WhyNot(NodeInfo presented, CertificateName certificate) =>
        presented.Name != certificate.Name
            ? $"calls itself {WireText.Name(presented.Name)} and has the certificate of {WireText.Name(certificate.Name)}"
        : certificate.Role != Role.Coordinator && presented.Roles.Contains(MayCoordinate)
            ? $"wants to be able to coordinate, and has a certificate for the role {RoleWords.Of(certificate.Role)}"
        : null;
}
