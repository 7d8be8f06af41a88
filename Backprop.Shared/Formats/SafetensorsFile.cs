using System.Buffers.Binary;
using System.Security.Cryptography;
using Backprop.Shared.Primitives;
using Microsoft.Win32.SafeHandles;

namespace Backprop.Shared.Formats;

/// <summary>
/// An open safetensors file. The header is read and checked at once, the tensors are read where they are wanted, straight into their
/// place. Whatever a file holds, the answer is a <see cref="UserException"/> that names it, and no more memory than its header's length.
/// </summary>
internal sealed class SafetensorsFile : IDisposable
{
    private const int LengthBytes = sizeof(ulong);
    private readonly SafeFileHandle _handle;
    private readonly byte[] _head;

    private SafetensorsFile(string path, SafeFileHandle handle, byte[] head, SafetensorsHeader header)
    {
        Path = path;
        _handle = handle;
        _head = head;
        Header = header;
    }

    /// <summary>Where the file is.</summary>
    public string Path { get; }

    /// <summary>What it says of itself.</summary>
    public SafetensorsHeader Header { get; }

    /// <summary>The bytes before the data: the header's length, then the header.</summary>
    public ReadOnlySpan<byte> Head => _head;

    /// <summary>Opens a file and checks its header.</summary>
    /// <exception cref="UserException">There is no such file (usage), or it cannot be read or is damaged (storage).</exception>
    public static SafetensorsFile Open(string path)
    {
        SafeFileHandle? handle = null;
        try
        {
            handle = File.OpenHandle(path);
            var length = RandomAccess.GetLength(handle);
            var head = ReadHead(path, handle, length);
            var header = SafetensorsHeaderParser.Parse(head.AsSpan(LengthBytes), length - head.Length);
            return new SafetensorsFile(path, handle, head, header);
        }
        catch (Exception problem)
        {
            handle?.Dispose();
            throw problem switch
            {
                FormatException => Damaged(path, problem.Message),
                FileNotFoundException or DirectoryNotFoundException =>
                    new UserException(ExitCode.Usage, $"There is no file {path}; check the path.", problem),
                UnauthorizedAccessException or NotSupportedException =>
                    new UserException(ExitCode.Storage, $"{path} may not be read; check the path and its permissions.", problem),
                IOException => Unreadable(path, problem),
                _ => problem,
            };
        }
    }

    /// <summary>Reads a tensor of float32 into its place.</summary>
    /// <exception cref="UserException">Another type, or the file cannot be read.</exception>
    public void Read(SafetensorsEntry entry, Span<float> values)
    {
        if (entry.Type != "F32")
        {
            throw new UserException(ExitCode.Mismatch, $"{Path} holds {entry.Name} as {entry.Type}; save it as float32 (F32).");
        }

        ArgumentOutOfRangeException.ThrowIfNotEqual(values.Length * (long)sizeof(float), entry.End - entry.Begin, nameof(values));
        var offset = _head.Length + entry.Begin;
        for (var i = 0; i < FloatBytes.Chunks(values.Length); i++)
        {
            var chunk = FloatBytes.Chunk(values, i);
            ReadFully(Path, _handle, chunk, offset);
            offset += chunk.Length;
        }
    }

    /// <summary>Adds all bytes after the header to a hash.</summary>
    public void AppendData(IncrementalHash hash)
    {
        var end = RandomAccess.GetLength(_handle);
        var chunk = new byte[Math.Min(FloatBytes.ChunkElements * sizeof(float), end - _head.Length)];
        for (long offset = _head.Length; offset < end; offset += chunk.Length)
        {
            var part = chunk.AsSpan(0, (int)Math.Min(chunk.Length, end - offset));
            ReadFully(Path, _handle, part, offset);
            hash.AppendData(part);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _handle.Dispose();

    /// <summary>The sentence about a file that is not what was written.</summary>
    public static UserException Damaged(string path, string what) =>
        new(ExitCode.Storage, $"{path} is damaged or no safetensors file: {what}; use another one, or write it again.");

    private static UserException Unreadable(string path, Exception problem) =>
        new(ExitCode.Storage, $"{path} cannot be read ({Shown.Reason(problem)}); check the disk.", problem);

    private static byte[] ReadHead(string path, SafeFileHandle handle, long length)
    {
        if (length < LengthBytes + 2)
        {
            throw new FormatException($"it has only {length} bytes");
        }

        Span<byte> prefix = stackalloc byte[LengthBytes];
        ReadFully(path, handle, prefix, 0);
        var announced = BinaryPrimitives.ReadUInt64LittleEndian(prefix);
        if (announced > Math.Min(SafetensorsHeader.LengthMax, (ulong)(length - LengthBytes)))
        {
            throw new FormatException($"it announces a header of {announced} bytes in a file of {length}");
        }

        var head = new byte[LengthBytes + (int)announced];
        ReadFully(path, handle, head, 0);
        return head.Length > LengthBytes && head[LengthBytes] == (byte)'{'
            ? head : throw new FormatException("its header is no JSON object");
    }

    private static void ReadFully(string path, SafeFileHandle handle, Span<byte> bytes, long offset)
    {
        while (!bytes.IsEmpty)
        {
            int count;
            try
            {
                count = RandomAccess.Read(handle, bytes, offset);
            }
            catch (IOException problem)
            {
                throw Unreadable(path, problem);
            }

            if (count == 0)
            {
                throw Damaged(path, "it ends early");
            }

            bytes = bytes[count..];
            offset += count;
        }
    }
}
