using System.IO.Compression;

namespace Backprop.Shared.Data.Files;

/// <summary>
/// Unpacks a gzip file and knows whether it was whole. The library's stream ends quietly where a file is cut off, so one more gzip
/// member with a known text is put behind the file: only if that text comes out at the end was nothing missing before it. Files of
/// several members are read through.
/// </summary>
internal sealed class GzipReader : IDisposable
{
    private static readonly byte[] End = [0xB7, 0x2A, 0x91, 0x5C, 0x03, 0xEE, 0x48, 0xD6, 0x7F, 0x19, 0xC4, 0x60, 0xAD, 0x32, 0x8B, 0xF5];
    private readonly GZipStream _stream;
    private readonly byte[] _held = new byte[(64 << 10) + End.Length];
    private int _start;
    private int _end;

    public GzipReader(Stream file) => _stream = new GZipStream(new Appended(file, PackedEnd()), CompressionMode.Decompress);

    /// <summary>The next unpacked bytes; 0 at the end.</summary>
    /// <exception cref="InvalidDataException">The file is damaged, cut off or followed by something else.</exception>
    public int Read(Span<byte> buffer)
    {
        // The last bytes are always held back: they may be the end mark.
        while (_end - _start <= End.Length)
        {
            _held.AsSpan(_start, _end - _start).CopyTo(_held);
            (_start, _end) = (0, _end - _start);
            var read = _stream.Read(_held, _end, _held.Length - _end);
            if (read == 0)
            {
                return _held.AsSpan(0, _end).SequenceEqual(End) ? 0 : throw new InvalidDataException("The end of the file is missing.");
            }

            _end += read;
        }

        var count = Math.Min(buffer.Length, _end - _start - End.Length);
        _held.AsSpan(_start, count).CopyTo(buffer);
        _start += count;
        return count;
    }

    public void Dispose() => _stream.Dispose();

    private static byte[] PackedEnd()
    {
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Fastest, leaveOpen: true))
        {
            gzip.Write(End);
        }

        return packed.ToArray();
    }

    /// <summary>A stream, and then some more bytes.</summary>
    private sealed class Appended(Stream first, byte[] then) : ReadOnlyStream
    {
        private int _given;

        public override int Read(Span<byte> buffer)
        {
            var read = first.Read(buffer);
            if (read == 0)
            {
                read = Math.Min(buffer.Length, then.Length - _given);
                then.AsSpan(_given, read).CopyTo(buffer);
                _given += read;
            }

            return read;
        }

        protected override void Dispose(bool disposing)
        {
            if (disposing)
            {
                first.Dispose();
            }

            base.Dispose(disposing);
        }
    }
}
