using System.Text;
using System.Text.Json;
using Backprop.Shared.Cli;

namespace Backprop.Coordinator.Cli;

/// <summary>The lines of a result on stdout, as text or as JSON, in large pieces: there may be a million of them.</summary>
internal sealed class ResultLines : IDisposable
{
    private readonly BufferedStream _stream = new(StandardStreams.ForResults(), 1 << 16);

    public ResultLines() => Json = new Utf8JsonWriter(_stream);

    /// <summary>Writes a line of JSON; <see cref="EndJson"/> ends it.</summary>
    public Utf8JsonWriter Json { get; }

    /// <summary>Ends a line of JSON.</summary>
    public void EndJson()
    {
        Json.Flush();
        Json.Reset();
        _stream.WriteByte((byte)'\n');
    }

    /// <summary>A number; null where it is not finite, for which JSON has no word.</summary>
    public void JsonNumber(double value)
    {
        if (double.IsFinite(value))
        {
            Json.WriteNumberValue(value);
        }
        else
        {
            Json.WriteNullValue();
        }
    }

    /// <summary>A number, in as few digits as a float32 needs.</summary>
    public void JsonNumber(float value)
    {
        if (float.IsFinite(value))
        {
            Json.WriteNumberValue(value);
        }
        else
        {
            Json.WriteNullValue();
        }
    }

    /// <summary>A line of text.</summary>
    public void Text(string line)
    {
        _stream.Write(Encoding.UTF8.GetBytes(line));
        _stream.WriteByte((byte)'\n');
    }

    public void Dispose()
    {
        Json.Dispose();
        _stream.Dispose();
    }
}
