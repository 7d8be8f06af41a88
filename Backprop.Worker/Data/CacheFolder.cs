using System.Security.Cryptography;
using Backprop.Shared.Primitives;
using Backprop.Shared.Protocol;

namespace Backprop.Worker.Data;

/// <summary>
/// Where data that came over the network is kept: under its hash and name, written aside and renamed when it is whole and right, so that
/// several workers of a machine may do it at once.
/// </summary>
internal static class CacheFolder
{
    /// <summary>More than this is refused: the same as for any data file.</summary>
    private const long LargestFile = 16L << 30;

    /// <summary>The usual place: below <c>$XDG_CACHE_HOME</c>, or <c>~/.cache</c>.</summary>
    public static string Usual()
    {
        var home = Environment.GetEnvironmentVariable("XDG_CACHE_HOME");
        var root = !string.IsNullOrEmpty(home) && Path.IsPathFullyQualified(home)
            ? home
            : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".cache");
        return Path.Combine(root, "backprop");
    }

    /// <summary>Has a file fetched and keeps it.</summary>
    /// <exception cref="UserException">It cannot be written (exit code 5), or is not the file that was promised (exit code 7).</exception>
    public static void Write(string path, OfferedFile file, Action<OfferedFile, Stream> fetch)
    {
        if (file.Size is < 0 or > LargestFile)
        {
            throw new UserException(
                ExitCode.Usage, $"The coordinator's {file.SafeName} has {file.Size} bytes; data files have {LargestFile} at most.");
        }

        var aside = $"{path}.{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8))}.part";
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            byte[] hash;
            using (var hashing = SHA256.Create())
            using (var stream = new FileStream(aside, FileMode.CreateNew, FileAccess.Write))
            using (var both = new CryptoStream(stream, hashing, CryptoStreamMode.Write))
            {
                fetch(file, both);
                both.FlushFinalBlock();
                hash = hashing.Hash!;
            }

            if (!hash.AsSpan().SequenceEqual(file.Sha256))
            {
                throw new UserException(
                    ExitCode.Mismatch,
                    $"The coordinator sent {file.SafeName} with SHA-256 {Convert.ToHexStringLower(hash)}, but had promised {file.Hash}; "
                    + "its file was changed after it began: start it again.");
            }

            File.Move(aside, path, overwrite: true);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new UserException(
                ExitCode.Storage,
                $"{path} cannot be written: {Shown.Reason(exception)}; make room, or name another folder with --cache.",
                exception);
        }
        finally
        {
            if (File.Exists(aside))
            {
                File.Delete(aside);
            }
        }
    }
}
