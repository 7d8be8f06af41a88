using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using Backprop.Shared.Checkpoints;
using Backprop.Shared.Primitives;
using Microsoft.Win32.SafeHandles;

namespace Backprop.Coordinator.Storage;

/// <summary>
/// A file of JSON objects, one a line, that only grows. Lines gather in a buffer that is reused and reach the file when it is full or a
/// second has passed; they survive a crash of the machine after <see cref="Sync"/>. A failure is final: what was lost cannot be made up
/// for.
/// </summary>
internal abstract class JsonLinesFile : IDisposable
{
    private const int FlushBytes = 64 << 10;
    private static readonly TimeSpan FlushAfter = TimeSpan.FromSeconds(1);
    private readonly ArrayBufferWriter<byte> _buffer = new(2 * FlushBytes);
    private readonly TimeProvider _time;
    private readonly SafeFileHandle _handle;
    private long _length;
    private long _flushedAt;
    private UserException? _failure;

    /// <summary>Opens a file to append to, or makes it.</summary>
    protected JsonLinesFile(string path, TimeProvider time)
    {
        Path = path;
        _time = time;
        _flushedAt = time.GetTimestamp();
        try
        {
            _handle = File.OpenHandle(path, FileMode.OpenOrCreate, FileAccess.Write, FileShare.Read);
            _length = RandomAccess.GetLength(_handle);
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            _handle?.Dispose();
            throw DurableFile.CannotWrite(path, problem);
        }

        Json = new Utf8JsonWriter(
            _buffer, new JsonWriterOptions { SkipValidation = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
    }

    /// <summary>Where the file is.</summary>
    public string Path { get; }

    /// <summary>Writes the line's object.</summary>
    protected Utf8JsonWriter Json { get; }

    /// <summary>Hands the gathered lines to the operating system: they survive this process, not the machine.</summary>
    /// <exception cref="UserException">They cannot be written (storage); the run must stop.</exception>
    public void Flush()
    {
        ThrowIfFailed();
        try
        {
            RandomAccess.Write(_handle, _buffer.WrittenSpan, _length);
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            throw Failed(problem);
        }

        _length += _buffer.WrittenCount;
        _buffer.ResetWrittenCount();
        _flushedAt = _time.GetTimestamp();
    }

    /// <summary>Makes durable what was flushed. May be called beside a thread that appends.</summary>
    /// <exception cref="UserException">It cannot be made durable (storage); the run must stop.</exception>
    public void SyncFlushed()
    {
        ThrowIfFailed();
        try
        {
            RandomAccess.FlushToDisk(_handle);
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            throw Failed(problem);
        }
    }

    /// <summary>Makes durable all lines so far.</summary>
    public void Sync()
    {
        Flush();
        SyncFlushed();
    }

    /// <summary>
    /// Closes the file. Lines that <see cref="Sync"/> has not seen are written if that is possible; nobody is told if not.
    /// </summary>
    public void Dispose()
    {
        try
        {
            Flush();
        }
        catch (UserException)
        {
            // Whoever must know has called Sync.
        }

        Json.Dispose();
        _handle.Dispose();
    }

    /// <summary>Begins a line.</summary>
    protected void BeginLine()
    {
        ThrowIfFailed();
        Json.Reset();
        Json.WriteStartObject();
    }

    /// <summary>Ends a line; hands the buffer over when it is time.</summary>
    protected void EndLine()
    {
        Json.WriteEndObject();
        Json.Flush();
        _buffer.GetSpan(1)[0] = (byte)'\n';
        _buffer.Advance(1);
        if (_buffer.WrittenCount >= FlushBytes || _time.GetElapsedTime(_flushedAt) >= FlushAfter)
        {
            Flush();
        }
    }

    /// <summary>Writes a number in the shortest form that reads back to the same bits, or null where JSON has no such number.</summary>
    protected void WriteNumber(JsonEncodedText name, double value)
    {
        if (double.IsFinite(value))
        {
            Json.WriteNumber(name, value);
        }
        else
        {
            Json.WriteNull(name);
        }
    }

    private void ThrowIfFailed()
    {
        if (_failure is not null)
        {
            throw _failure;
        }
    }

    private UserException Failed(Exception problem) => _failure = DurableFile.CannotWrite(Path, problem);
}
