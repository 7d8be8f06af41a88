using System.Text;
using Backprop.Shared.Checkpoints;
using Backprop.Shared.Primitives;

namespace Backprop.Shared.Identity;

/// <summary>
/// Files with secrets: only their owner may change them, and no other user may read them but those of a group that the owner chose.
/// </summary>
internal static class PrivateFile
{
    private const UnixFileMode Owner = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const UnixFileMode TooOpen =
        UnixFileMode.GroupWrite | UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute;

    /// <summary>Writes one; it was never open to others, not for a moment.</summary>
    /// <exception cref="UserException">It cannot be written (exit code 5), or is there already (2).</exception>
    public static void Create(string path, string text)
    {
        try
        {
            var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
            if (!OperatingSystem.IsWindows())
            {
                options.UnixCreateMode = Owner;
            }

            using var stream = new FileStream(path, options);
            stream.Write(Encoding.ASCII.GetBytes(text));
            stream.Flush(flushToDisk: true);
        }
        catch (IOException) when (File.Exists(path))
        {
            throw new UserException(ExitCode.Usage, $"{path} is there already; a key is never written over.");
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            throw DurableFile.CannotWrite(path, problem);
        }
    }

    /// <summary>Reads one.</summary>
    /// <exception cref="UserException">It cannot be read, or others may read it, too (exit code 2).</exception>
    public static string Read(string path)
    {
        try
        {
            if (!OperatingSystem.IsWindows() && (File.GetUnixFileMode(path) & TooOpen) != 0)
            {
                throw new UserException(
                    ExitCode.Usage, $"The key {path} is open to other users of this machine; close it with: chmod 600 {path}");
            }

            return File.ReadAllText(path);
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            throw new UserException(ExitCode.Usage, $"The key {path} cannot be read: {Shown.Reason(problem)}.", problem);
        }
    }
}
