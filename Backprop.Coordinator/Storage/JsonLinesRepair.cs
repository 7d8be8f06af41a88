namespace Backprop.Coordinator.Storage;

/// <summary>
/// Saves what a damaged history still has: lines of ours that stand behind one that is none. The damaged file is kept beside the new one,
/// under its name and <c>.damaged</c>.
/// </summary>
internal static class JsonLinesRepair
{
    private const string Damaged = ".damaged";
    private const string Unfinished = ".mended";

    /// <summary>Mends a file in which a line up to a step stands behind a damaged one.</summary>
    /// <returns>The steps that lost their lines, first and last of each gap.</returns>
    /// <exception cref="IOException">It cannot be read or written.</exception>
    public static IReadOnlyList<(long First, long Last)> Mend(string path, long step)
    {
        var gaps = new List<(long First, long Last)>();
        using (var from = File.OpenRead(path))
        using (var to = new FileStream(path + Unfinished, FileMode.Create, FileAccess.Write))
        {
            var last = 0L;
            var isBehindDamage = false;
            JsonLinesReader.ForEach(from, (line, of) =>
            {
                if (of is null || of > step)
                {
                    isBehindDamage |= of is null;
                    return;
                }

                if (isBehindDamage && of > last + 1)
                {
                    gaps.Add((last + 1, of.Value - 1));
                }

                (last, isBehindDamage) = (of.Value, false);
                to.Write(line);
                to.WriteByte((byte)'\n');
            });
            to.Flush(flushToDisk: true);
        }

        File.Move(path, path + Damaged, overwrite: true);
        File.Move(path + Unfinished, path);
        return gaps;
    }
}
