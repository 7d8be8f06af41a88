namespace Backprop.Shared.Formats;

/// <summary>What a safetensors file says of itself.</summary>
/// <param name="Metadata">The strings under <c>__metadata__</c>.</param>
/// <param name="Tensors">All tensors, in the order of their bytes.</param>
internal sealed record SafetensorsHeader(IReadOnlyDictionary<string, string> Metadata, IReadOnlyList<SafetensorsEntry> Tensors)
{
    /// <summary>The longest header that is read, in bytes; the format's own limit.</summary>
    public const int LengthMax = 100_000_000;

    /// <summary>The key of the metadata, which no tensor may have.</summary>
    public const string MetadataKey = "__metadata__";

    /// <summary>A file's own text, fit to be shown: it may be as long as the header and hold what moves a terminal's cursor.</summary>
    public static string Quoted(string text)
    {
        var shown = text.Length <= 80 ? text : $"{text[..80]}...";
        return $"'{string.Concat(shown.Select(c => char.IsControl(c) ? '?' : c))}'";
    }
}
