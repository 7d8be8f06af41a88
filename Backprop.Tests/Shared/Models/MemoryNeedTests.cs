using Backprop.Shared.Models;
using Backprop.Shared.Primitives;
using Backprop.Tests.TestUtilities;

namespace Backprop.Tests.Shared.Models;

public sealed class MemoryNeedTests
{
    [Fact]
    public void What_does_not_fit_is_refused_with_the_sum_and_its_parts()
    {
        var need = new MemoryNeed().And("weights", 1 << 20).And("optimizer state", 1 << 20, 2).And("nothing", 1 << 20, 0);

        need.Bytes.ShouldBe(12 << 20);
        need.Require("The run x", 12 << 20);
        Should.Throw<UserException>(() => need.Require("The run x", (12 << 20) - 1)).Message.ShouldStartWith(
            "The run x needs 12 MiB of memory (weights 4 MiB, optimizer state 8 MiB), but only ");
    }

    [Theory]
    [InlineData(2, "memory.max", "memory.current", "inactive_file 4096")]
    [InlineData(1, "memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file 4096")]
    public void A_containers_limit_counts_less_what_it_has_but_for_files(int version, string limit, string taken, string files)
    {
        using var folder = new TemporaryFolder();
        MachineMemory.OfGroup(folder.Path, version).ShouldBe(long.MaxValue, "there is no group");

        folder.Write(limit, "1000000\n");
        folder.Write(taken, "300000\n");
        folder.Write("memory.stat", $"anon 1\n{files}\n");
        MachineMemory.OfGroup(folder.Path, version).ShouldBe(1_000_000 - 300_000 + 4096);

        folder.Write(taken, "2000000\n");
        MachineMemory.OfGroup(folder.Path, version).ShouldBe(0);
        folder.Write(limit, "max\n");
        MachineMemory.OfGroup(folder.Path, version).ShouldBe(long.MaxValue);
    }

    [Fact]
    public void A_limit_some_levels_above_counts()
    {
        using var folder = new TemporaryFolder();
        Directory.CreateDirectory(Path.Combine(folder.Path, "job_1/step_0/user/task_0"));
        folder.Write("job_1/memory.max", "1000000\n");
        folder.Write("job_1/memory.current", "300000\n");
        folder.Write("job_1/step_0/user/task_0/memory.max", "max\n");
        folder.Write("job_1/step_0/user/task_0/memory.current", "300000\n");

        MachineMemory.OfGroups(folder.Path, "/job_1/step_0/user/task_0", 2).ShouldBe(700_000);
        MachineMemory.OfGroups(folder.Path, "", 2).ShouldBe(long.MaxValue);
    }

    [Theory]
    [InlineData(2, "0::/user.slice/a", "/user.slice/a")]
    [InlineData(2, "0::/", "")]
    [InlineData(2, "4:memory:/b", "")]
    [InlineData(1, "4:cpuset,memory:/b", "/b")]
    [InlineData(1, "0::/user.slice/a", "")]
    public void The_group_is_the_process_own(int version, string line, string path) =>
        MachineMemory.PathOfGroup(["9:pids:/x", line], version).ShouldBe(path);
}
