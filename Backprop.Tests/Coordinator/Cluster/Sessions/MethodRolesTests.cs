using Backprop.Coordinator.Cluster.Sessions;
using Backprop.Shared.Identity;
using Backprop.Worker.Protocol;

namespace Backprop.Tests.Coordinator.Cluster.Sessions;

public sealed class MethodRolesTests
{
    /// <summary>Every method is here: a new one is a coordinator's alone until somebody says who may call it.</summary>
    [Theory]
    [InlineData("Join", "CNW")]
    [InlineData("Fetch", "CNW")]
    [InlineData("Watch", "CNO")]
    [InlineData("Logs", "CNO")]
    [InlineData("Control", "CO")]
    [InlineData("Submit", "CO")]
    [InlineData("TakeOver", "CO")]
    [InlineData("Meet", "CN")]
    [InlineData("Promise", "C")]
    [InlineData("Append", "C")]
    [InlineData("Piece", "C")]
    [InlineData("Unknown", "C")]
    public void EachMethodHasItsRoles(string method, string initials)
    {
        foreach (var role in Enum.GetValues<Role>())
        {
            var may = MethodRoles.WhyNot($"/backprop.Cluster/{method}", role) is null;
            may.ShouldBe(initials.Contains(role.ToString()[0], StringComparison.Ordinal), $"{role} {method}");
        }
    }

    [Fact]
    public void HealthIsForAll() => MethodRoles.WhyNot("/grpc.health.v1.Health/Check", Role.Worker).ShouldBeNull();

    [Fact]
    public void ANodeIsWhatItsCertificateSays()
    {
        var node = new NodeInfo { Name = "b", Roles = { "worker" } };
        MethodRoles.WhyNot(node, new("b", Role.Node)).ShouldBeNull();
        MethodRoles.WhyNot(node, new("c", Role.Node))!.ShouldContain("calls itself b and has the certificate of c");

        node.Roles.Add("coordinator");
        MethodRoles.WhyNot(node, new("b", Role.Coordinator)).ShouldBeNull();
        MethodRoles.WhyNot(node, new("b", Role.Node))!.ShouldContain("wants to be able to coordinate");
    }
}
