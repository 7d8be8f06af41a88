using Backprop.Shared.Primitives;

namespace Backprop.Shared.Data.Files;

/// <summary>
/// A data file, read from its start and unpacked where it is gzip (found by its first bytes, not by its name). Whatever can be wrong
/// with a file ends in one <see cref="UserException"/> that names it.
/// </summary>
internal sealed class DataFile : IDisposable
{
    /// <summary>
    /// More bytes than this, unpacked, are refused: such a file is no data set for one machine, or is made to fill its memory.
    /// </summary>
    public const long LimitBytes = 16L << 30;

    private readonly FileStream _file;
    private GzipReader? _gzip;
    private readonly long _limit;
    private long _read;

    private DataFile(string path, FileStream file, bool packed, long limit)
    {
        Path = path;
        _file = file;
        _limit = limit;
        StoredBytes = file.Length;
        _gzip = packed ? new GzipReader(file) : null;
    }

    /// <summary>The full path, for messages.</summary>
    public string Path { get; }

    /// <summary>The file's length on disk.</summary>
    public long StoredBytes { get; }

    /// <summary>Whether it is gzip.</summary>
    public bool IsPacked => _gzip is not null;

    /// <summary>Opens a file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="limit">How many bytes are read at most, unpacked.</param>
    public static DataFile Open(string path, long limit = LimitBytes)
    {
        if (path.Length == 0 || path.Contains('\0', StringComparison.Ordinal))
        {
            throw Fault($"'{path.Replace('\0', '?')}'", "is no path; name a file");
        }

        path = System.IO.Path.GetFullPath(path);
        if (Directory.Exists(path))
        {
            throw Fault(path, "is a folder; name a file in it");
        }

        FileStream? file = null;
        try
        {
            file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 16, FileOptions.SequentialScan);
            if (!file.CanSeek)
            {
                throw Fault(path, "is not a regular file; write the data to one first");
            }

            Span<byte> magic = stackalloc byte[2];
            var packed = file.ReadAtLeast(magic, 2, throwOnEndOfStream: false) == 2 && magic[0] == 0x1F && magic[1] == 0x8B;
            file.Position = 0;
            return new DataFile(path, file, packed, limit);
        }
        catch (Exception exception)
        {
            file?.Dispose();
            throw exception switch
            {
                FileNotFoundException or DirectoryNotFoundException => Fault(path, "does not exist; correct the path", exception),
                UnauthorizedAccessException => Fault(path, "may not be read by this user; change its permissions", exception),
                IOException => Fault(path, $"cannot be read ({Shown.Reason(exception)}); check the path and the disk", exception),
                _ => exception,
            };
        }
    }

    /// <summary>Goes back to the start.</summary>
    public void Rewind()
    {
        _file.Position = 0;
        _gzip = _gzip is null ? null : new GzipReader(_file);
        _read = 0;
    }

    /// <summary>The next bytes, unpacked; 0 at the end.</summary>
    public int Read(Span<byte> buffer)
    {
        try
        {
            var count = _gzip is null ? _file.Read(buffer) : _gzip.Read(buffer);
            _read += count;
            return _read <= _limit ? count : throw Fault($"holds more than {Bytes.Text(_limit)} of data; split it or leave samples out");
        }
        catch (InvalidDataException exception)
        {
            throw Fault(Path, "is a damaged or cut off gzip file; fetch or write it again", exception);
        }
        catch (IOException exception)
        {
            throw Fault(Path, $"cannot be read ({Shown.Reason(exception)}); check the disk", exception);
        }
    }

    /// <summary>Fills the whole buffer.</summary>
    /// <returns>How many bytes were read: fewer only where the file ends.</returns>
    public int ReadAll(Span<byte> buffer)
    {
        var total = 0;
        while (total < buffer.Length && Read(buffer[total..]) is var count and > 0)
        {
            total += count;
        }

        return total;
    }

    /// <summary>Passes over the rest, to find out whether it is whole.</summary>
    public void ReadToEnd()
    {
        var passed = new byte[1 << 16];
        while (Read(passed) > 0)
        {
            // What it holds is of no interest.
        }
    }

    /// <summary>What is wrong with this file: <paramref name="what"/> completes the sentence that its path begins.</summary>
    public UserException Fault(string what) => Fault(Path, what);

    public void Dispose()
    {
        _gzip?.Dispose();
        _file.Dispose();
    }

    private static UserException Fault(string path, string what, Exception? inner = null) =>
        new(ExitCode.Usage, $"{path} {what}{(what.EndsWith('?') ? "" : ".")}", inner);
}
