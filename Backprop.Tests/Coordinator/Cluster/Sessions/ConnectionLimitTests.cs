using Backprop.Coordinator.Cluster.Sessions;

namespace Backprop.Tests.Coordinator.Cluster.Sessions;

public sealed class ConnectionLimitTests
{
    [Theory]
    [InlineData(524_288, 128, 4096)]
    [InlineData(1024, 128, 384)]
    [InlineData(512, 68, 64)]
    [InlineData(40, 128, 8)]
    [InlineData(0, 2000, 8)]
    public void ItKeepsDescriptorsForCheckpointsAndLinks(int descriptors, int links, int expected) =>
        ConnectionLimit.Of(descriptors, links).ShouldBe(expected);

    [Fact]
    public void ThisProcessMayHaveSome() => ConnectionLimit.Descriptors().ShouldBeGreaterThan(16);
}
