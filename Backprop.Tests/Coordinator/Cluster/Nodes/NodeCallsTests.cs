using System.Net;
using Backprop.Coordinator.Cluster.Nodes;
using Backprop.Shared.Protocol;
using Backprop.Tests.TestUtilities;
using Grpc.Core;

namespace Backprop.Tests.Coordinator.Cluster.Nodes;

/// <summary>What a node answers over gRPC by itself.</summary>
public sealed class NodeCallsTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(double.NaN)]
    [InlineData(double.NegativeInfinity)]
    [InlineData(-1)]
    [InlineData(0)]
    public void AWorkerWhosePatienceIsNoTimeIsToldAtOnceThatThereIsNoRun(double patience)
    {
        using var folder = NodeFolder.Open(_folder["n"]);
        var calls = new NodeCalls();
        var coordination = new Coordination();
        coordination.BeginHere(Akka.Actor.ActorRefs.Nobody);
        calls.Begin(new NodeContext(null!, folder, null!, null!, null!, new ManualClock()) { Coordination = coordination });

        Should.Throw<RpcException>(() => calls.Join(
            new JoinRequest { PatienceSeconds = patience }, new IPEndPoint(IPAddress.Loopback, 1), default).GetAwaiter().GetResult())
            .StatusCode.ShouldBe(StatusCode.Unavailable);
    }
}
