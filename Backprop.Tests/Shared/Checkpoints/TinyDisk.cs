using Backprop.Tests.TestUtilities;

namespace Backprop.Tests.Shared.Checkpoints;

/// <summary>A file system of a few kilobytes, where the machine lets a test have one; otherwise the test is skipped.</summary>
internal sealed class TinyDisk : IDisposable
{
    private readonly string _folder;

    private TinyDisk(string folder) => _folder = folder;

    public static TinyDisk Mount(string folder, int kilobytes)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux() && Environment.IsPrivilegedProcess, "only root mounts a file system");
        Directory.CreateDirectory(folder);
        var mounted = Run("mount", "-t", "tmpfs", "-o", $"size={kilobytes}k", "backprop-test", folder);
        Assert.SkipUnless(mounted, "this machine mounts no file system");
        return new TinyDisk(folder);
    }

    public void Dispose() => Run("umount", _folder).ShouldBeTrue();

    private static bool Run(string program, params string[] arguments) => ChildProcess.Run(program, arguments).ExitCode == 0;
}
