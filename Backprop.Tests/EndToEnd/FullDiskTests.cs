using Backprop.Tests.Shared.Checkpoints;

namespace Backprop.Tests.EndToEnd;

/// <summary>Where nothing can be written a run says so and ends, with exit code 5.</summary>
public sealed class FullDiskTests : IDisposable
{
    private readonly SmallRun _run = new();

    public void Dispose() => _run.Dispose();

    [Fact]
    public void AFullDisk_EndsTheRunWithASentence()
    {
        using var disk = TinyDisk.Mount(_run["disk"], kilobytes: 64);

        var result = _run.Run("train", "run.yaml", "--run-dir", "disk/run", "--set", "model=[linear: 20000, linear: 3]");

        result.ShouldFail(5, "Cannot write disk/run/checkpoints/step-00000003.safetensors: the disk is full; free some space.");
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
