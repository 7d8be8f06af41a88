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

    /// <summary>Gives each whole line, from where the stream is up to one that is too long.</summary>
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

    /// <summary>
    /// Where a line begins that is of a step up to one, near the end of what is known to be whole; 0 where none is found.
    /// </summary>
    /// <param name="known">So many first bytes are whole lines, in the order of their steps; the last may not be at its end.</param>
    public static long FindLine(Stream stream, long known, long step)
    {
        var buffer = new byte[LineLengthMax];
        for (var from = known - LineLengthMax; from > 0; from -= LineLengthMax)
        {
            stream.Position = from;
            var block = buffer.AsSpan(0, stream.ReadAtLeast(buffer, buffer.Length, throwOnEndOfStream: false));
            var start = block.IndexOf((byte)'\n') + 1;
            var length = block[start..].IndexOf((byte)'\n');
            if (start > 0 && length >= 0 && StepOf(block.Slice(start, length)) <= step)
            {
                return from + start;
            }
        }

        return 0;
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
