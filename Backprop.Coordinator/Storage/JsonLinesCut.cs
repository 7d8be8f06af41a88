using Backprop.Shared.Checkpoints;

namespace Backprop.Coordinator.Storage;

/// <summary>
/// Takes a history back to a checkpoint: cuts a file of lines before the first one that is of a later step, torn or no line of ours, and
/// makes that durable. The steps up to the checkpoint's were synced before it became durable, so nothing of them is lost; where one of
/// their lines was damaged since, those behind it are saved (<see cref="JsonLinesRepair"/>).
/// </summary>
/// <param name="LastStep">The step of the last line up to the checkpoint's; 0 where there is none.</param>
/// <param name="BytesCut">How much is cut off.</param>
/// <param name="LastStepCut">The step of the last whole line of a later step; 0 where there is none.</param>
internal readonly record struct JsonLinesCut(long LastStep, long BytesCut, long LastStepCut)
{
    /// <summary>The steps that lost their lines in the middle of the file, first and last of each gap; null where it was whole.</summary>
    public IReadOnlyList<(long First, long Last)>? Gaps { get; init; }

    /// <summary>Cuts after a step's lines. A file that is not there stays so.</summary>
    /// <param name="known">So many of its first bytes are known to be whole, and are not read again.</param>
    /// <exception cref="Shared.Primitives.UserException">The file cannot be read or cut (storage).</exception>
    public static JsonLinesCut After(string path, long step, long known = 0) => Find(path, step, known, cuts: true);

    /// <summary>What would be cut.</summary>
    /// <inheritdoc cref="After"/>
    public static JsonLinesCut Look(string path, long step, long known = 0) => Find(path, step, known, cuts: false);

    private static JsonLinesCut Find(string path, long step, long known, bool cuts)
    {
        try
        {
            if (!File.Exists(path))
            {
                return default;
            }

            var found = Scan(path, step, known);
            if (!cuts)
            {
                return found.Cut;
            }

            IReadOnlyList<(long First, long Last)>? gaps = null;
            if (found.IsDamaged)
            {
                gaps = JsonLinesRepair.Mend(path, step);
                found = Scan(path, step, known: 0);
            }

            if (found.Cut.BytesCut > 0)
            {
                using var stream = new FileStream(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite, bufferSize: 0);
                stream.SetLength(stream.Length - found.Cut.BytesCut);
                stream.Flush(flushToDisk: true);
            }

            return found.Cut with { Gaps = gaps };
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            throw DurableFile.CannotWrite(path, problem);
        }
    }

    /// <summary>What is in a file, and whether a line that counts stands behind a damaged one.</summary>
    private static (JsonLinesCut Cut, bool IsDamaged) Scan(string path, long step, long known)
    {
        using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, bufferSize: 0);
        long end = JsonLinesReader.FindLine(stream, known, step);
        stream.Position = end;
        long lastStep = 0;
        long lastStepCut = 0;
        var (isCut, hasDamage, isDamaged) = (false, false, false);
        JsonLinesReader.ForEach(stream, (line, of) =>
        {
            hasDamage |= of is null;
            isDamaged |= hasDamage && of <= step;
            isCut |= of is null || of > step;
            end += isCut ? 0 : line.Length + 1;
            (lastStep, lastStepCut) = of <= step ? (of.Value, lastStepCut) : (lastStep, of ?? lastStepCut);
        });
        return (new(lastStep, stream.Length - end, lastStepCut), isDamaged);
    }
}
