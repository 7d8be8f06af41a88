using Backprop.Shared.Checkpoints;
using Backprop.Shared.Primitives;

namespace Backprop.Coordinator.Storage;

/// <summary>
/// Keeps a run folder for one process: a file that stays open and locked. The operating system ends the lock with the process, however that
/// ends, so a lock is never stale. Who holds it stands in a file beside, since a locked one may not be readable.
/// </summary>
internal sealed class RunLock : IDisposable
{
    /// <summary>The locked file; it stays, because deleting it would let two processes lock two files of one name.</summary>
    public const string LockName = "run.lock";

    /// <summary>Says the process id of the holder.</summary>
    public const string HolderName = "run.pid";

    private const int WouldBlockLinux = 11;
    private const int WouldBlockMac = 35;
    private const int SharingViolation = unchecked((int)0x80070020);
    private readonly FileStream _locked;
    private readonly string _holder;

    private RunLock(FileStream locked, string holder)
    {
        _locked = locked;
        _holder = holder;
    }

    /// <summary>Takes the lock of a folder that exists; null where another holds it.</summary>
    /// <exception cref="UserException">The lock file cannot be written (storage).</exception>
    public static RunLock? TryTake(string folder)
    {
        var path = Path.Combine(folder, LockName);
        try
        {
            var locked = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, bufferSize: 1);
            try
            {
                var holder = Path.Combine(folder, HolderName);
                File.WriteAllText(holder, $"{Environment.ProcessId}\n");
                return new RunLock(locked, holder);
            }
            catch
            {
                locked.Dispose();
                throw;
            }
        }
        catch (IOException problem) when (problem.HResult is WouldBlockLinux or WouldBlockMac or SharingViolation)
        {
            return null;
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            throw DurableFile.CannotWrite(path, problem);
        }
    }

    /// <summary>Takes the lock of a folder that exists.</summary>
    /// <exception cref="UserException">Another process holds it (usage).</exception>
    public static RunLock Take(string folder) => TryTake(folder) ?? throw new UserException(
        ExitCode.Usage, $"{folder} is in use by {Holder(folder)}; wait for it, stop it, or choose another --run-dir.");

    /// <summary>Gives the folder free.</summary>
    public void Dispose()
    {
        DurableFile.TryDelete(_holder);
        _locked.Dispose();
    }

    private static string Holder(string folder)
    {
        try
        {
            var text = File.ReadAllText(Path.Combine(folder, HolderName)).Trim();
            return int.TryParse(text, out var process) ? $"process {process}" : "another process";
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            return "another process";
        }
    }
}
