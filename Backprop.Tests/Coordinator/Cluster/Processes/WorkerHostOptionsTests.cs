using Backprop.Coordinator.Cluster.Processes;
using Backprop.Shared.Protocol;

namespace Backprop.Tests.Coordinator.Cluster.Processes;

public sealed class WorkerHostOptionsTests
{
    [Fact]
    public void AWorkerOfARunEndsWithIt()
    {
        var options = WorkerHostOptions.OfRun(new HostPort("127.0.0.1", 7400));

        Arguments(options, 3).ShouldBe("--coordinator 127.0.0.1:7400 --slots 1 --watch-stdin");
        options.EndsTheRun.ShouldBeTrue();
        options.Name(3).ShouldBe("3");
    }

    [Fact]
    public void AWorkerOfANodeStays()
    {
        var options = WorkerHostOptions.OfNode("blue", "127.0.0.1:7400", tokenFile: null, identity: null, isInsecure: false, "/cache");

        Arguments(options, 12).ShouldBe(
            "--coordinator 127.0.0.1:7400 --stay --watch-stdin --slots 1 --name blue/12 --nice 5 --cache /cache");
        options.EndsTheRun.ShouldBeFalse();
        options.Name(12).ShouldBe("blue/12");
    }

    [Fact]
    public void WhatANodeWasGivenItGivesToItsWorkers() =>
        Arguments(WorkerHostOptions.OfNode("blue", "127.0.0.1:7400", "/token", "/identity", isInsecure: true, "/cache"), 1)
            .ShouldEndWith(" --nice 5 --cache /cache --token-file /token --identity /identity --insecure");

    private static string Arguments(WorkerHostOptions options, int number)
    {
        var arguments = string.Join(' ', options.Command(number).ArgumentList);
        return arguments[arguments.IndexOf("--coordinator", StringComparison.Ordinal)..];
    }
}
