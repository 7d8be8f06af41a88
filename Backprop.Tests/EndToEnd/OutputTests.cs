using System.Text.Json;
using Backprop.Tests.TestUtilities;

namespace Backprop.Tests.EndToEnd;

/// <summary>What people and machines are shown of a run, and that nothing of it can end one.</summary>
public sealed class OutputTests : IDisposable
{
    private readonly SmallRun _run = new();

    public void Dispose() => _run.Dispose();

    [Theory]
    [InlineData("--workers 2", "2>/dev/full")]
    [InlineData("--workers 2", ">/dev/full")]
    [InlineData("--workers 2", "2>&-")]
    [InlineData("--workers 2", ">&-")]
    [InlineData("--processes 2", "2>/dev/full")]
    [InlineData("--processes 2", "<&- >&- 2>&-")]
    public void WhatCannotBeWritten_EndsNoTraining(string workers, string where)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "this is about /dev/full and closed descriptors");

        _run.Shell($"train run.yaml {workers} --run-dir run {where}").ExitCode.ShouldBe(0);

        var record = new RunRecord(_run["run"]);
        (record.Steps, record.Summary.GetProperty("status").GetString()).ShouldBe((3, "completed"));
        record.ShouldHaveEveryStepAndEveryShardOnce(8);
    }

    [Theory]
    [InlineData("plan run.yaml >/dev/full")]
    [InlineData("explain run.yaml >/dev/full")]
    [InlineData("evaluate kept --data data.csv --json >/dev/full")]
    [InlineData("predict kept --data data.csv >/dev/full")]
    [InlineData("bench run.yaml --seconds 0.1 --json >/dev/full")]
    [InlineData("predict kept --data data.csv >&-")]
    public void ACommandWhosePurposeIsItsOutput_SaysThatItCouldNotBeWritten(string command)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "this is about /dev/full and closed descriptors");
        _run.Run("train", "run.yaml", "--run-dir", "kept").ShouldSucceed();

        var result = _run.Shell(command);

        result.ExitCode.ShouldBe(5, result.Error);
        result.Error.ShouldContain(command.Contains("full", StringComparison.Ordinal) ? "disk is full" : "output is closed");
        result.ShouldSay();
    }

    [Fact]
    public void WhoHasSeenEnough_IsNoError()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "this is about pipes");
        _run.Run("train", "run.yaml", "--run-dir", "kept").ShouldSucceed();
        _run.Write("many.csv", "width,height,kind\n" + string.Concat(Enumerable.Repeat("1,2,0\n", 100_000)));

        var result = _run.Shell("predict kept --data many.csv | head -n 1");

        result.ShouldSay();
        result.Output.Split('\n').Length.ShouldBe(2);
        result.Error.ShouldNotContain("Something");
    }

    [Fact]
    public void AFile_GetsLinesWithTheTime()
    {
        var lines = _run.Run("train", "run.yaml", "--run-dir", "kept").ShouldSucceed().Error
            .Split('\n', StringSplitOptions.RemoveEmptyEntries);

        lines.ShouldAllBe(line => char.IsAsciiDigit(line[0]) && line[2] == ':' && line[5] == ':' && line.Substring(8, 2) == "  ");
        lines[^1].ShouldContain("  info  completed after step 3: loss ");
    }

    [Fact]
    public void Json_IsAnObjectALine_FromTheFirstToTheLast()
    {
        var lines = _run.Run("train", "run.yaml", "--log", "json", "--run-dir", "kept").ShouldSucceed().Error
            .Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonDocument.Parse(line).RootElement).ToList();

        lines.Select(line => line.GetProperty("event").GetString()).ShouldContain("Begins");
        var end = lines[^1];
        (end.GetProperty("event").GetString(), end.GetProperty("exitCode").GetInt32()).ShouldBe(("Ended", 0));
        lines.Count(line => line.GetProperty("event").GetString() == "EpochDone").ShouldBe(3, "each of them");
    }

    [Fact]
    public void Json_HoldsToTheEnd_AlsoWhereThePortIsInUse()
    {
        using var other = new System.Net.Sockets.TcpListener(System.Net.IPAddress.Loopback, 0);
        other.Start();

        var result = _run.Run("train", "run.yaml", "--log", "json", "--http", $"{other.LocalEndpoint}", "--run-dir", "kept");

        result.ExitCode.ShouldNotBe(0);
        var end = JsonDocument.Parse(result.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries)[^1]).RootElement;
        (end.GetProperty("event").GetString(), end.GetProperty("exitCode").GetInt32()).ShouldBe(("CannotGoOn", result.ExitCode));
        end.GetProperty("message").GetString()!.ShouldContain("the port is in use");
    }

    [Fact]
    public void Quiet_LeavesTheWarningsAndTheResult_AndVerboseShowsEveryEpoch()
    {
        var quiet = _run.Run("train", "run.yaml", "--quiet", "--set", "shards=4", "--run-dir", "quiet").ShouldSucceed();
        quiet.Error.ShouldBeEmpty();
        quiet.Output.ShouldStartWith("completed after step 3\n");
        _run.Run("train", "run.yaml", "--quiet", "--run-dir", "warned").ShouldSucceed().Error.ShouldContain("a batch of 4 is smaller");

        _run.Run("train", "run.yaml", "--verbose", "--run-dir", "verbose").ShouldSucceed().Error.Split(" done: loss").Length.ShouldBe(4);
        _run.Run("train", "run.yaml", "--verbose", "--quiet").ShouldFail(2, "--quiet and --verbose exclude each other");
    }

    [Fact]
    public void ATraining_HasAStatusPageWhereItIsAskedFor()
    {
        using var command = BackpropCommand.Start(
            _run.Path, "train", "run.yaml", "--workers", "2", "--set", "steps=100000000", "--set", "checkpoint.everySteps=10",
            "--http", "127.0.0.1:0", "--run-dir", "kept");
        var line = command.WaitForLine("status page on http://");
        var address = line.Split("http://")[1].Split('/')[0];
        command.WaitForLine("durable");

        var status = _run.Run("status", "--coordinator", address).ShouldSucceed();
        var workers = _run.Run("workers", "--coordinator", address).ShouldSucceed();

        status.Output.ShouldContain(" of 100,000,000, epoch ");
        status.Output.ShouldContain("loss ");
        workers.Output.ShouldContain("slot 1");
        command.SendTerminate();
        command.Finish().ExitCode.ShouldBe(143);
    }

    [Fact]
    public void AFile_HasNoEscapes_WhateverServiceItIsWrittenFor()
    {
        const string Services = "GITHUB_ACTIONS=true TF_BUILD=True TEAMCITY_VERSION=1";

        var error = _run.Shell("train run.yaml --run-dir kept", Services).ShouldSucceed().Error;

        error.ShouldContain("  warn  ");
        error.ShouldNotContain("\u001b");
    }

    [Theory]
    [InlineData(">out")]
    [InlineData("</dev/null | cat >out")]
    public void ATerminalThatShowsTheLogAlone_HasTheLineThatChanges(string where)
    {
        Assert.SkipUnless(File.Exists("/usr/bin/script"), "script, of Debian's package bsdutils, makes the terminal");

        var shown = _run.Terminal("xterm", columns: 60, $"train run.yaml --set steps=20000 --workers 1 --run-dir kept {where}").Output;

        var changing = shown.Split("\r\u001b[2K")[..^1].Select(text => text.Split('\n')[^1]).ToList();
        changing.ShouldContain(text => text.StartsWith("step ", StringComparison.Ordinal), shown);
        changing.ShouldAllBe(text => text.Length < 60);
    }

    [Fact]
    public void ATerminalThatShowsTheResultAlone_ShowsNothingOfTheLog()
    {
        Assert.SkipUnless(File.Exists("/usr/bin/script"), "script, of Debian's package bsdutils, makes the terminal");

        var shown = _run.Terminal("xterm", columns: 60, "train run.yaml --run-dir kept 2>log");

        shown.ExitCode.ShouldBe(0, shown.Output);
        shown.Output.ShouldContain("completed after step 3");
        shown.Output.ShouldNotContain("\u001b[3", customMessage: "a colour");
    }

    [Theory]
    [InlineData("dumb")]
    [InlineData("")]
    [InlineData("xterm")]
    public void ATerminal_GetsWhatItUnderstands(string terminal)
    {
        Assert.SkipUnless(File.Exists("/usr/bin/script"), "script, of Debian's package bsdutils, makes the terminal");

        var result = _run.Terminal(terminal, columns: 60, "train run.yaml --set steps=20000 --workers 1 --run-dir kept");

        result.ExitCode.ShouldBe(0, result.Output);
        result.Output.ShouldContain("info  begins run");
        result.Output.ShouldNotContain("info  completed", customMessage: "the table below it says so");
        result.Output.ShouldContain("completed after step 20000");
        if (terminal != "xterm")
        {
            result.Output.ShouldNotContain("\u001b");
            result.Output.Replace("\r\n", "\n", StringComparison.Ordinal).ShouldNotContain("\r");
            return;
        }

        var changing = result.Output.Split("\r\u001b[2K")[..^1].Select(text => text.Split('\n')[^1]).ToList();
        changing.ShouldContain(text => text.StartsWith("step ", StringComparison.Ordinal));
        changing.ShouldAllBe(text => text.Length < 60);
    }
}
