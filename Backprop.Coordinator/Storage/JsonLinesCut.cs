using System.Text.Json;
using Backprop.Shared.Checkpoints;

namespace Backprop.Coordinator.Storage;

/// <summary>
/// Takes a history back to a checkpoint: cuts a file of lines before the first one that is of a later step, torn or no line of ours, and
/// makes that durable. The steps up to the checkpoint's were synced before it became durable, so nothing of them is lost.
/// </summary>
/// <param name="LastStep">The step of the last line that stays; 0 where none does.</param>
/// <param name="BytesCut">How much is cut off.</param>
/// <param name="LastStepCut">The step of the last whole line that is cut off; 0 where none is.</param>
internal readonly record struct JsonLinesCut(long LastStep, long BytesCut, long LastStepCut)
{
    /// <summary>No line is longer; a file without line ends is not read into memory whole.</summary>
    private const int LineLengthMax = 1 << 20;

    /// <summary>Cuts after a step's lines. A file that is not there stays so.</summary>
    /// <exception cref="Shared.Primitives.UserException">The file cannot be read or cut (storage).</exception>
    public static JsonLinesCut After(string path, long step) => Find(path, step, cuts: true);

    /// <summary>What would be cut.</summary>
    /// <exception cref="Shared.Primitives.UserException">The file cannot be read (storage).</exception>
    public static JsonLinesCut Look(string path, long step) => Find(path, step, cuts: false);

    private static JsonLinesCut Find(string path, long step, bool cuts)
    {
        try
        {
            if (!File.Exists(path))
            {
                return default;
            }

            using var stream = new FileStream(
                path, FileMode.Open, cuts ? FileAccess.ReadWrite : FileAccess.Read, FileShare.ReadWrite, bufferSize: 0);
            var (end, lastStep, lastStepCut) = Scan(stream, step);
            var cut = stream.Length - end;
            if (cut > 0 && cuts)
            {
                stream.SetLength(end);
                stream.Flush(flushToDisk: true);
            }

            return new(lastStep, cut, lastStepCut);
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            throw DurableFile.CannotWrite(path, problem);
        }
    }

    private static (long End, long LastStep, long LastStepCut) Scan(FileStream stream, long step)
    {
        var buffer = new byte[LineLengthMax];
        long end = 0;
        long lastStep = 0;
        long lastStepCut = 0;
        var isCut = false;
        var held = 0;
        while (stream.Read(buffer.AsSpan(held)) is > 0 and var count)
        {
            held += count;
            var rest = buffer.AsSpan(0, held);
            for (int newline; (newline = rest.IndexOf((byte)'\n')) >= 0; rest = rest[(newline + 1)..])
            {
                var of = StepOf(rest[..newline]);
                isCut |= of is null || of > step;
                if (isCut)
                {
                    lastStepCut = of ?? lastStepCut;
                    continue;
                }

                lastStep = of!.Value;
                end += newline + 1;
            }

            rest.CopyTo(buffer);
            held = rest.Length;
        }

        return (end, lastStep, lastStepCut);
    }

    /// <summary>The step of a line; null where it is no whole object with one.</summary>
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
