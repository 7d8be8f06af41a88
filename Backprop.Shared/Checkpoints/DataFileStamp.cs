using System.Globalization;
using System.Text.Json;
using Backprop.Shared.Runs;

namespace Backprop.Shared.Checkpoints;

/// <summary>What a data file looked like from outside: enough to tell a person which of them was changed.</summary>
/// <param name="Path">Where it was.</param>
/// <param name="Bytes">Its length.</param>
/// <param name="Modified">When it was last written, UTC.</param>
internal sealed record DataFileStamp(string Path, long Bytes, DateTime Modified)
{
    /// <summary>The stamps of all files that a run names.</summary>
    public static IReadOnlyList<DataFileStamp> Of(RunFile run) =>
        [.. RunData.PathsOf(run).Select(path => new FileInfo(path)).Where(file => file.Exists)
            .Select(file => new DataFileStamp(file.FullName, file.Length, file.LastWriteTimeUtc))];

    /// <summary>Reads a list of them.</summary>
    public static DataFileStamp[]? FromJson(string json) => JsonSerializer.Deserialize(json, CheckpointJson.Default.DataFileStampArray);

    /// <summary>As in <c>1,234 bytes of 2026-11-28 14:54:07</c>.</summary>
    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"{Bytes:N0} bytes of {Modified:yyyy-MM-dd HH:mm:ss}");
}
