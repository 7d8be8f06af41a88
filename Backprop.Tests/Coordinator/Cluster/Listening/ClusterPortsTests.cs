using Backprop.Coordinator.Cluster;
using Backprop.Coordinator.Cluster.Listening;
using Backprop.Shared.Protocol;
using Backprop.Tests.TestUtilities;

namespace Backprop.Tests.Coordinator.Cluster.Listening;

public class ClusterPortsTests
{
    /// <summary>Whoever is started again listens where it was known: no connection of anyone may have been given that port.</summary>
    [Fact]
    public void AnyFreePort_IsNoneThatTheSystemGivesToConnections()
    {
        var options = new ClusterOptions { Listen = LinkAddress.Parse("127.0.0.1:0", "--listen") };
        using var first = ClusterPorts.Open(options, (_, _, _) => { }, new ManualClock());
        using var second = ClusterPorts.Open(options, (_, _, _) => { }, new ManualClock());

        foreach (var ports in (ClusterPorts[])[first, second])
        {
            ports.Address.HostPort.Port.ShouldBeInRange(20000, 32767);
            ports.LinkPort.ShouldBe(ports.Address.HostPort.Port + 2);
        }

        second.LinkPort.ShouldNotBe(first.LinkPort);
    }
}
