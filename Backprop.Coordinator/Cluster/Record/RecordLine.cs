using System.Buffers.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using Backprop.Coordinator.Cluster.Orders;
using Backprop.Shared.Protocol;

namespace Backprop.Coordinator.Cluster.Record;

/// <summary>
/// A line of JSON with its checksum: <c>{"is":…,"crc32c":"…"}</c>. What was changed by a bit, or cut, is not taken for something else.
/// </summary>
internal static class RecordLine
{
    private const int DigitsCount = 8;

    private static ReadOnlySpan<byte> Head => "{\"is\":"u8;

    private static ReadOnlySpan<byte> Middle => ",\"crc32c\":\""u8;

    private static ReadOnlySpan<byte> Tail => "\"}\n"u8;

    /// <summary>A line, with its end.</summary>
    public static byte[] Of(ReadOnlySpan<byte> json)
    {
        var line = new byte[Head.Length + json.Length + Middle.Length + DigitsCount + Tail.Length];
        Head.CopyTo(line);
        json.CopyTo(line.AsSpan(Head.Length));
        Middle.CopyTo(line.AsSpan(Head.Length + json.Length));
        Utf8Formatter.TryFormat(Crc32C.Append(0, json), line.AsSpan(^(Tail.Length + DigitsCount)), out _, new('x', DigitsCount));
        Tail.CopyTo(line.AsSpan(^Tail.Length));
        return line;
    }

    /// <summary>What a line holds.</summary>
    /// <param name="line">With its end.</param>
    /// <returns>False where it is damaged.</returns>
    public static bool TryRead(ReadOnlySpan<byte> line, out ReadOnlySpan<byte> json)
    {
        var length = line.Length - Head.Length - Middle.Length - DigitsCount - Tail.Length;
        json = length > 0 ? line.Slice(Head.Length, length) : [];
        return length > 0 && line.SequenceEqual(Of(json));
    }

    /// <summary>An entry as a line.</summary>
    public static byte[] Of(RecordEntry entry) => Of(JsonSerializer.SerializeToUtf8Bytes(entry, RecordJson.Default.RecordEntry));

    /// <summary>The entry of a line; null: it is damaged.</summary>
    public static RecordEntry? ReadEntry(ReadOnlySpan<byte> line)
    {
        try
        {
            return TryRead(line, out var json) ? Checked(JsonSerializer.Deserialize(json, RecordJson.Default.RecordEntry)) : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>An entry that is whole: who names voters names some, and no name or file is missing.</summary>
    public static RecordEntry? Checked(RecordEntry? entry) =>
        entry is { Term: > 0, What: not null } && (entry.What.Kind != EntryKind.Configured || entry.What.Voters is { Count: > 0 })
        && (entry.What.Voters ?? []).All(voter => voter is { Length: > 0 }) && (entry.What.Kept ?? []).All(file => file is not null)
            ? entry
            : null;
}

/// <summary>What a node has promised, and how much of its log it answers for.</summary>
/// <param name="Record">The record's id.</param>
/// <param name="Term">The highest term that it knows.</param>
/// <param name="To">Whom it promised that; empty: nobody.</param>
/// <param name="Entries">So many entries are in the log.</param>
/// <param name="Bytes">So long it is: what is behind was never answered for.</param>
/// <param name="Committed">
/// So many were known to be committed when this was written. Without it, whoever leads after a restart would not know whose files nobody
/// needs any more, and a node that was away for long would wait for files that are nowhere.
/// </param>
internal sealed record RecordPromise(string Record, long Term, string To, long Entries, long Bytes, long Committed);

/// <summary>How the record is written.</summary>
[JsonSerializable(typeof(RecordEntry))]
[JsonSerializable(typeof(RecordPromise))]
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true,
    UseStringEnumConverter = true)]
internal sealed partial class RecordJson : JsonSerializerContext;
