using Backprop.Coordinator.Cluster.Processes;
using Backprop.Shared.Primitives;

namespace Backprop.Tests.Coordinator.Cluster.Processes;

public sealed class ProcessEndTests
{
    [Theory]
    [InlineData(0, "exit code 0 (done)")]
    [InlineData(6, "exit code 6 (a wrong or missing token)")]
    [InlineData(9, "exit code 9 (the coordinator cannot be reached)")]
    [InlineData(77, "exit code 77")]
    [InlineData(128, "exit code 128")]
    [InlineData(255, "exit code 255")]
    [InlineData(-1073741819, "exit code -1073741819")]
    [InlineData(139, "crashed: SIGSEGV, a fault in memory")]
    [InlineData(134, "crashed: SIGABRT, its runtime gave up")]
    [InlineData(143, "ended by SIGTERM")]
    [InlineData(170, "ended by signal 42")]
    public void AnExitCodeIsSaidInWords(int code, string words) => new ProcessEnd(code, false).Words.ShouldBe(words);

    [Fact]
    public void WhoWasKilledWasOutOfMemory_OrNot_OrPerhaps()
    {
        new ProcessEnd(137, true).Words.ShouldBe("killed by the kernel: out of memory");
        new ProcessEnd(137, false).Words.ShouldBe("killed (SIGKILL)");
        new ProcessEnd(137).Words.ShouldBe("killed (SIGKILL), perhaps out of memory");
    }

    [Fact]
    public void EveryExitCodeOfOursHasWords()
    {
        foreach (var code in Enum.GetValues<ExitCode>())
        {
            new ProcessEnd((int)code).Words.ShouldNotBe($"exit code {(int)code}");
        }
    }
}
