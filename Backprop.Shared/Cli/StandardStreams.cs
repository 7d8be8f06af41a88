using System.Globalization;
using System.Text;

namespace Backprop.Shared.Cli;

/// <summary>
/// Standard output and error as a run may rely on them: what cannot be written, because a disk is full or nobody is there, is lost, and
/// the run goes on. Its own record tells by exceptions of its own whether it can be kept.
/// </summary>
internal static class StandardStreams
{
    private const int Output = 1;
    private const int Error = 2;
    private const int AccessMode = 3;
    private const int ReadOnly = 0;

    /// <summary>Makes the console's writers such streams. To be called before anything is written.</summary>
    public static void Guard()
    {
        Console.SetOut(Writer(IsOpen(Output) ? Console.OpenStandardOutput() : Stream.Null));
        Console.SetError(Writer(IsOpen(Error) ? Console.OpenStandardError() : Stream.Null));
    }

    /// <summary>Standard output for a command whose purpose is what it writes: there what cannot be written is an error.</summary>
    /// <exception cref="IOException">It is closed.</exception>
    public static Stream ForResults() =>
        IsOpen(Output) ? Console.OpenStandardOutput() : throw new IOException("Standard output is closed.");

    /// <summary>Writes the result of such a command.</summary>
    /// <exception cref="IOException">It cannot be written.</exception>
    public static void WriteResult(string text)
    {
        using var stream = ForResults();
        stream.Write(Encoding.UTF8.GetBytes(text));
    }

    private static StreamWriter Writer(Stream stream) =>
        new(new TolerantStream(stream), new UTF8Encoding(encoderShouldEmitUTF8Identifier: false)) { AutoFlush = true };

    /// <summary>
    /// Whether the descriptor is what this process was given. One that was closed before the process began is free then, and the runtime's
    /// own pipes may have taken its number: what is written there would reach the runtime.
    /// </summary>
    private static bool IsOpen(int descriptor)
    {
        if (!OperatingSystem.IsLinux())
        {
            return true;
        }

        try
        {
            var target = TargetOf(descriptor);
            return target is not null && ModeOf(descriptor) != ReadOnly
                && !(target.StartsWith("pipe:", StringComparison.Ordinal) && ReadsFrom(target));
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            // Without /proc nothing can be known.
            return true;
        }
    }

    private static bool ReadsFrom(string pipe) => Directory.EnumerateFileSystemEntries("/proc/self/fd")
        .Select(entry => int.Parse(Path.GetFileName(entry), CultureInfo.InvariantCulture))
        .Any(other => TargetOf(other) == pipe && ModeOf(other) == ReadOnly);

    private static string? TargetOf(int descriptor) => new FileInfo($"/proc/self/fd/{descriptor}").LinkTarget;

    private static int? ModeOf(int descriptor)
    {
        var path = $"/proc/self/fdinfo/{descriptor}";
        var flags = File.Exists(path)
            ? File.ReadLines(path).FirstOrDefault(line => line.StartsWith("flags:", StringComparison.Ordinal))
            : null;
        return flags is null ? null : Convert.ToInt32(flags["flags:".Length..].Trim(), 8) & AccessMode;
    }

    /// <summary>Passes on what it is given, as long as that is possible.</summary>
    private sealed class TolerantStream(Stream stream) : Stream
    {
        public override bool CanRead => false;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => throw new NotSupportedException();

        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        public override void Write(ReadOnlySpan<byte> buffer)
        {
            try
            {
                stream.Write(buffer);
            }
            catch (Exception problem) when (problem is IOException or UnauthorizedAccessException or ObjectDisposedException)
            {
                // Later lines may find room again.
            }
        }

        public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

        public override void Flush()
        {
            // The console's streams keep nothing back.
        }

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();
    }
}
