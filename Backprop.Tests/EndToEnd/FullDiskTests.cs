using Backprop.Tests.Shared.Checkpoints;

namespace Backprop.Tests.EndToEnd;

/// <summary>Where nothing can be written a run says so and ends, with exit code 5.</summary>
public sealed class FullDiskTests : IDisposable
{
    private readonly SmallRun _run = new();

    public void Dispose() => _run.Dispose();

    [Fact]
    public void ADiskWithoutRoomForTwoCheckpoints_IsRefusedBeforeTraining()
    {
        using var disk = TinyDisk.Mount(_run["disk"], kilobytes: 64);

        var result = _run.Run("train", "run.yaml", "--run-dir", "disk/run", "--set", "model=[linear: 20000, linear: 3]");

        result.ShouldFail(5, "There is too little room: the disk of disk/run has", "but two checkpoints of 472.8 KiB need 945.5 KiB");
        result.Error.ShouldNotContain("begins");
    }

    [Fact]
    public void ADiskThatFillsUp_EndsTheRunAndSaysOnceWhatIsSaved()
    {
        using var disk = TinyDisk.Mount(_run["disk"], kilobytes: 256);

        // The ledger fills it: some 250 bytes a step.
        var result = _run.Run("train", "run.yaml", "--run-dir", "disk/run", "--set", "steps=100000", "--set", "checkpoint.everySteps=50");

        result.ShouldFail(5, "the disk is full; free some space.", "The run is saved up to step ", "then go on with --resume.");
        result.Error.Split("The run is saved").Length.ShouldBe(2);
        result.Error.Split("the disk is full").Length.ShouldBeLessThanOrEqualTo(3, "the failed checkpoint, and the end");
    }

    [Fact]
    public void AFolderThatCannotBeWritten_IsRefusedBeforeTraining()
    {
        _run.Run("train", "run.yaml", "--run-dir", "data.csv/run").ShouldFail(5, "Cannot write data.csv/run", "choose another place");
        _run.Run("init", "run.yaml", "--out", "no/such/folder.safetensors")
            .ShouldFail(5, "Cannot write no/such/folder.safetensors", "choose another place");
        if (!Environment.IsPrivilegedProcess && !OperatingSystem.IsWindows())
        {
            // Root may write everywhere.
            Directory.CreateDirectory(_run["locked"]);
            File.SetUnixFileMode(_run["locked"], UnixFileMode.UserRead | UnixFileMode.UserExecute);
            _run.Run("train", "run.yaml", "--run-dir", "locked/run").ShouldFail(5, "Cannot write locked/run: permission denied");
        }
    }
}
