using Backprop.Shared.Checkpoints;

namespace Backprop.Coordinator.Storage;

/// <summary>
/// Takes a history back to a checkpoint: cuts a file of lines before the first one that is of a later step, torn or no line of ours, and
/// makes that durable. The steps up to the checkpoint's were synced before it became durable, so nothing of them is lost; where one of
/// their lines was damaged since, those behind it are saved (<see cref="JsonLinesMend"/>).
/// </summary>
/// <param name="LastStep">The step of the last line up to the checkpoint's; 0 where there is none.</param>
/// <param name="BytesCut">How much is cut off.</param>
/// <param name="LastStepCut">The step of the last whole line of a later step; 0 where there is none.</param>
internal readonly record struct JsonLinesCut(long LastStep, long BytesCut, long LastStepCut)
{
    /// <summary>The steps that lost their lines in the middle of the file, first and last of each gap; null where it was whole.</summary>
    public IReadOnlyList<(long First, long Last)>? Gaps { get; init; }

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

            var gaps = cuts ? JsonLinesMend.Mend(path, step) : [];
            using var stream = new FileStream(
                path, FileMode.Open, cuts ? FileAccess.ReadWrite : FileAccess.Read, FileShare.ReadWrite, bufferSize: 0);
            var (end, lastStep, lastStepCut) = Scan(stream, step);
            var cut = stream.Length - end;
            if (cut > 0 && cuts)
            {
                stream.SetLength(end);
                stream.Flush(flushToDisk: true);
            }

            return new(lastStep, cut, lastStepCut) { Gaps = gaps.Count > 0 ? gaps : null };
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            throw DurableFile.CannotWrite(path, problem);
        }
    }

    private static (long End, long LastStep, long LastStepCut) Scan(FileStream stream, long step)
    {
        long end = 0;
        long lastStep = 0;
        long lastStepCut = 0;
        var isCut = false;
        JsonLinesReader.ForEach(stream, (line, of) =>
        {
            isCut |= of is null || of > step;
            end += isCut ? 0 : line.Length + 1;
            (lastStep, lastStepCut) = of <= step ? (of.Value, lastStepCut) : (lastStep, of ?? lastStepCut);
        });
        return (end, lastStep, lastStepCut);
    }
}
