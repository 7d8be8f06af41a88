using System.Runtime.InteropServices;
using Backprop.Shared.Primitives;

namespace Backprop.Shared.Checkpoints;

/// <summary>
/// Files that are there whole or not at all, whenever the machine stops: written aside, synced, renamed, and the folder synced, so that
/// the name is on the disk too.
/// </summary>
internal static partial class DurableFile
{
    private const int BufferLength = 1 << 17;

    /// <summary>The name under which a file is written aside.</summary>
    public static string AsideOf(string path) =>
        Path.Combine(Path.GetDirectoryName(Path.GetFullPath(path))!, $".{Path.GetFileName(path)}.tmp");

    /// <summary>
    /// Writes a file aside and puts it in the place of <paramref name="path"/>. On a failure nothing is left and the old one stays.
    /// </summary>
    /// <exception cref="UserException">The file cannot be written (storage).</exception>
    public static void Replace(string path, Action<Stream> write)
    {
        var aside = AsideOf(path);
        try
        {
            using (var stream = new FileStream(aside, FileMode.Create, FileAccess.Write, FileShare.Read, BufferLength))
            {
                write(stream);
                stream.Flush(flushToDisk: true);
            }

            File.Move(aside, path, overwrite: true);
            SyncFolder(Path.GetDirectoryName(aside)!);
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            TryDelete(aside);
            throw CannotWrite(path, problem);
        }
    }

    /// <summary>Makes a folder and those above it that are missing, and makes their names durable.</summary>
    public static void MakeFolder(string path)
    {
        var full = Path.GetFullPath(path);
        if (!Directory.Exists(full) && Path.GetDirectoryName(full) is { } above)
        {
            MakeFolder(above);
            Directory.CreateDirectory(full);
            SyncFolder(above);
        }
    }

    /// <summary>Deletes a file; false where that failed.</summary>
    public static bool TryDelete(string path)
    {
        try
        {
            File.Delete(path);
            return true;
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    /// <summary>Gives a file another name, if no file has that: in one act, whoever else tries.</summary>
    /// <returns>False: one has it.</returns>
    /// <exception cref="IOException">It cannot be done here. Across a network it may have been done all the same.</exception>
    public static bool TryLink(string path, string name)
    {
        if (OperatingSystem.IsWindows())
        {
            if (!File.Exists(name))
            {
                File.Move(path, name);
                return true;
            }

            return false;
        }

        if (Link(path, name) == 0)
        {
            return true;
        }

        var error = Marshal.GetLastPInvokeError();
        return error == Exists ? false : throw new IOException(
            $"The name {name} cannot be given to a file (error {error}): the file system must allow links.");
    }

    /// <summary>Makes the names in a folder durable. Only Linux needs and allows it.</summary>
    public static void SyncFolder(string folder)
    {
        if (!OperatingSystem.IsLinux())
        {
            return;
        }

        var descriptor = Open(folder, CloseOnExec);
        if (descriptor < 0)
        {
            throw new IOException($"The folder {folder} cannot be opened (error {Marshal.GetLastPInvokeError()}).");
        }

        var failed = Fsync(descriptor) < 0;
        var error = Marshal.GetLastPInvokeError();
        _ = Close(descriptor);
        if (failed && error != InvalidArgument)
        {
            throw new IOException($"The folder {folder} cannot be synced (error {error}).");
        }
    }

    /// <summary>The sentence about a file that cannot be written.</summary>
    public static UserException CannotWrite(string path, Exception problem) => new(ExitCode.Storage, problem switch
    {
        IOException { HResult: NoSpaceUnix or NoSpaceWindows or NoQuota } => $"Cannot write {path}: the disk is full; free some space.",
        UnauthorizedAccessException => $"Cannot write {path}: permission denied; choose a folder that you may write to.",
        _ => $"Cannot write {path}: {Shown.Reason(problem)}; choose another place or check the disk.",
    }, problem);

    private const int CloseOnExec = 0x80000;
    private const int Exists = 17;
    private const int InvalidArgument = 22;
    private const int NoSpaceUnix = 28;
    private const int NoQuota = 122;
    private const int NoSpaceWindows = unchecked((int)0x80070070);

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "link", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Link(string path, string name);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int Fsync(int descriptor);

    [LibraryImport("libc", EntryPoint = "close")]
    private static partial int Close(int descriptor);
}
