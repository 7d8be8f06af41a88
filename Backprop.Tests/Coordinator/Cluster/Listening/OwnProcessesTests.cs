using System.Diagnostics;
using Backprop.Coordinator.Cluster.Listening;

namespace Backprop.Tests.Coordinator.Cluster.Listening;

public sealed class OwnProcessesTests
{
    [Fact]
    public void ThisOneAndThoseThatItStartedBelongToIt_AndNoOther()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "There is no /proc.");
        using var child = Process.Start(new ProcessStartInfo("sleep", "100") { UseShellExecute = false })!;
        try
        {
            OwnProcesses.Includes(Environment.ProcessId).ShouldBeTrue();
            OwnProcesses.Includes(child.Id).ShouldBeTrue();
            OwnProcesses.Includes(1).ShouldBeFalse();
            OwnProcesses.Includes(0).ShouldBeFalse();
        }
        finally
        {
            child.Kill();
            child.WaitForExit();
        }

        OwnProcesses.Includes(child.Id).ShouldBeFalse();
    }
}
