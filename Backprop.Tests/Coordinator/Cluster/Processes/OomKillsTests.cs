using Backprop.Coordinator.Cluster.Processes;
using Backprop.Tests.TestUtilities;

namespace Backprop.Tests.Coordinator.Cluster.Processes;

public sealed class OomKillsTests : IDisposable
{
    private readonly TemporaryFolder _root = new();

    public void Dispose() => _root.Dispose();

    [Theory]
    [InlineData("0::/user.slice/a.scope\n", "sys/fs/cgroup/user.slice/a.scope/memory.events")]
    [InlineData("0::/\n", "sys/fs/cgroup/memory.events")]
    [InlineData("0::/../../machines/own\n", "sys/fs/cgroup/memory.events")]
    [InlineData("4:memory:/docker/12ab\n0::/\n", "sys/fs/cgroup/memory/docker/12ab/memory.oom_control")]
    [InlineData("4:cpu,memory:/docker/12ab\n", "sys/fs/cgroup/memory/memory.oom_control")]
    public void TheCountIsFoundWhereTheSystemKeepsIt(string own, string file)
    {
        Write("proc/self/cgroup", own);
        Write(file, "low 0\noom 5\noom_kill 3\noom_group_kill 1\n");

        new OomKills(_root.Path).Count().ShouldBe(3);
    }

    [Theory]
    [InlineData("")]
    [InlineData("nonsense\n4:memory\n")]
    [InlineData("0::/gone\n")]
    [InlineData(null)]
    public void WhereThereIsNone_NothingIsKnown(string? own)
    {
        if (own is not null)
        {
            Write("proc/self/cgroup", own);
        }

        var kills = new OomKills(_root.Path);

        kills.Count().ShouldBeNull();
        kills.Explains(kills.Count()).ShouldBeNull();
    }

    [Theory]
    [InlineData("oom_kill many")]
    [InlineData("oom_kill_disable 0\nunder_oom 0\n")]
    [InlineData("")]
    public void AFileWithoutTheCountSaysNothing(string text) => OomKills.CountIn(text).ShouldBeNull();

    [Fact]
    public void WhatExplainsOneDeathDoesNotExplainAnother()
    {
        Write("proc/self/cgroup", "0::/\n");
        Write("sys/fs/cgroup/memory.events", "oom_kill 1\n");
        var kills = new OomKills(_root.Path);
        var before = kills.Count();
        kills.Explains(before).ShouldBe(false);

        Write("sys/fs/cgroup/memory.events", "oom_kill 3\n");

        kills.Explains(before).ShouldBe(true);
        kills.Explains(before).ShouldBe(true);
        kills.Explains(before).ShouldBe(false);
    }

    private void Write(string file, string text)
    {
        var path = Path.Combine(_root.Path, file);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, text);
    }
}
