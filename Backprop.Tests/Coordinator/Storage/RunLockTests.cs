using System.Diagnostics;
using Backprop.Coordinator.Storage;
using Backprop.Shared.Primitives;
using Backprop.Tests.TestUtilities;

namespace Backprop.Tests.Coordinator.Storage;

public sealed class RunLockTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_second_trainer_is_refused_and_told_who_is_there()
    {
        using (RunLock.Take(_folder.Path))
        {
            var problem = Should.Throw<UserException>(() => RunLock.Take(_folder.Path));

            problem.ExitCode.ShouldBe(ExitCode.Usage);
            problem.Message.ShouldContain($"{_folder.Path} is in use by process {Environment.ProcessId};");
        }

        RunLock.Take(_folder.Path).Dispose();
    }

    [Fact]
    public void The_lock_of_a_killed_process_is_taken_over()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux() && File.Exists("/usr/bin/flock"), "there is no flock command");
        var path = Path.Combine(_folder.Path, RunLock.LockName);
        string[] arguments = ["--no-fork", path, "sh", "-c", "echo locked; exec cat"];
        using var process = Process.Start(
            new ProcessStartInfo("/usr/bin/flock", arguments) { RedirectStandardInput = true, RedirectStandardOutput = true })!;
        process.StandardOutput.ReadLine().ShouldBe("locked");
        File.WriteAllText(Path.Combine(_folder.Path, RunLock.HolderName), $"{process.Id}\n");
        Should.Throw<UserException>(() => RunLock.Take(_folder.Path)).Message.ShouldContain($"in use by process {process.Id};");

        process.Kill();
        process.WaitForExit();

        using (RunLock.Take(_folder.Path))
        {
            File.ReadAllText(Path.Combine(_folder.Path, RunLock.HolderName)).ShouldBe($"{Environment.ProcessId}\n");
        }
    }

    [Fact]
    public void Where_nothing_can_be_written_it_is_a_storage_error()
    {
        Should.Throw<UserException>(() => RunLock.Take(_folder["none"])).ExitCode.ShouldBe(ExitCode.Storage);
    }
}
