using System.Text.Json;

namespace Backprop.Coordinator.Storage;

/// <summary>Reads a file of lines, each an object with a step.</summary>
internal static class JsonLinesReader
{
    /// <summary>No line is longer; a file without line ends is not read into memory whole.</summary>
    private const int LineLengthMax = 1 << 20;

    /// <summary>What is done with a line.</summary>
    /// <param name="line">Without its end.</param>
    /// <param name="step">Its step; null where it is no whole object with one.</param>
    public delegate void LineAction(ReadOnlySpan<byte> line, long? step);

    /// <summary>Gives each whole line, up to one that is too long.</summary>
    public static void ForEach(Stream stream, LineAction action)
    {
        var buffer = new byte[LineLengthMax];
        var held = 0;
        while (stream.Read(buffer.AsSpan(held)) is > 0 and var count)
        {
            held += count;
            var rest = buffer.AsSpan(0, held);
            for (int newline; (newline = rest.IndexOf((byte)'\n')) >= 0; rest = rest[(newline + 1)..])
            {
                action(rest[..newline], StepOf(rest[..newline]));
            }

            rest.CopyTo(buffer);
            held = rest.Length;
        }
    }

    private static long? StepOf(ReadOnlySpan<byte> line)
    {
        try
        {
            long? step = null;
            var json = new Utf8JsonReader(line);
            while (json.Read())
            {
                if (json.CurrentDepth == 1 && json.TokenType == JsonTokenType.PropertyName && json.ValueTextEquals("step"u8))
                {
                    step = json.Read() && json.TokenType == JsonTokenType.Number && json.TryGetInt64(out var number) ? number : null;
                }
            }

            return step;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
