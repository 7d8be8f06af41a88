using System.Text.Json;
using Backprop.Shared.Checkpoints;
using Backprop.Shared.Primitives;
using Microsoft.Win32.SafeHandles;

namespace Backprop.Coordinator.Cluster.Orders;

/// <summary>
/// A cluster's record on disk, a line an entry. What <see cref="Append"/> has written survives any crash; a line that a crash cut off was
/// never acknowledged, and is cut away.
/// </summary>
internal sealed class OrderRecord : IDisposable
{
    private readonly string _path;
    private readonly SafeFileHandle _handle;
    private long _length;

    private OrderRecord(string path, SafeFileHandle handle, long length) => (_path, _handle, _length) = (path, handle, length);

    /// <summary>Opens a record, or makes it, and folds what it has.</summary>
    /// <exception cref="UserException">It cannot be read or written, or is damaged (exit code 5).</exception>
    public static OrderRecord Open(string path, OrderBook book)
    {
        SafeFileHandle? handle = null;
        try
        {
            var isNew = !File.Exists(path);
            handle = File.OpenHandle(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read);
            if (isNew)
            {
                DurableFile.SyncFolder(Path.GetDirectoryName(path)!);
            }

            var bytes = new byte[RandomAccess.GetLength(handle)];
            RandomAccess.Read(handle, bytes, 0);
            var whole = bytes.AsSpan().LastIndexOf((byte)'\n') + 1;
            Fold(path, bytes.AsSpan(0, whole), book);
            RandomAccess.SetLength(handle, whole);
            return new OrderRecord(path, handle, whole);
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            handle?.Dispose();
            throw DurableFile.CannotWrite(path, problem);
        }
        catch
        {
            handle?.Dispose();
            throw;
        }
    }

    /// <summary>Nothing more can be written: it is not known what of the last entry the disk has.</summary>
    public bool IsBroken { get; private set; }

    /// <summary>Writes an entry, durably.</summary>
    /// <exception cref="UserException">It cannot be written (exit code 5): nothing was ordered, unless it is broken now.</exception>
    public void Append(OrderEntry entry)
    {
        byte[] line = [.. JsonSerializer.SerializeToUtf8Bytes(entry, OrderEntryJson.Default.OrderEntry), (byte)'\n'];
        try
        {
            if (IsBroken)
            {
                throw new IOException("what it has of the entry before is not known");
            }

            Write(line);
            _length += line.Length;
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            throw DurableFile.CannotWrite(_path, problem);
        }
    }

    private void Write(byte[] line)
    {
        // Until the disk has said that it has all of it, or none.
        IsBroken = true;
        try
        {
            RandomAccess.Write(_handle, line, _length);
        }
        catch (IOException)
        {
            RandomAccess.SetLength(_handle, _length);
            IsBroken = false;
            throw;
        }

        RandomAccess.FlushToDisk(_handle);
        IsBroken = false;
    }

    /// <inheritdoc/>
    public void Dispose() => _handle.Dispose();

    private static void Fold(string path, ReadOnlySpan<byte> lines, OrderBook book)
    {
        for (var number = 1; lines.Length > 0; number++)
        {
            var end = lines.IndexOf((byte)'\n');
            try
            {
                book.Apply(JsonSerializer.Deserialize(lines[..end], OrderEntryJson.Default.OrderEntry)!);
            }
            catch (JsonException problem)
            {
                throw new UserException(
                    ExitCode.Storage,
                    $"Line {number} of {path} is damaged; restore the file from a copy, or give the node a new --data.",
                    problem);
            }

            lines = lines[(end + 1)..];
        }
    }
}
