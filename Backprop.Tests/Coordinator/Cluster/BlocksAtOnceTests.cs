using Backprop.Coordinator.Cluster;
using Backprop.Shared.Protocol;

namespace Backprop.Tests.Coordinator.Cluster;

public sealed class BlocksAtOnceTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(7)]
    public void TheResultsOfSoManyBlocks_AreAFrameThatIsTaken_AndOfOneMoreNot(int metrics)
    {
        var blocks = ClusterEngines.BlocksAtOnce(metrics);
        uint BytesOf(int count) => (uint)(count * (1 + metrics) * sizeof(double));

        FrameLimits.Worker.Check(FrameKind.BlocksDone, 16, BytesOf(blocks));
        Should.Throw<ProtocolException>(() => FrameLimits.Worker.Check(FrameKind.BlocksDone, 16, BytesOf(blocks + 1)));
    }
}
