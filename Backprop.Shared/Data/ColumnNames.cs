namespace Backprop.Shared.Data;

/// <summary>
/// What the columns of a table are called: its header without what is neither input nor answer. By these names new data is matched with
/// the data that was trained on.
/// </summary>
public sealed record ColumnNames
{
    /// <summary>Of data without a header, or that is no table.</summary>
    public static ColumnNames None { get; } = new();

    /// <summary>The inputs, in the model's order; empty where they have no names.</summary>
    public IReadOnlyList<string> Inputs { get; init; } = [];

    /// <summary>The label, or the targets in their order; empty where there are none or they have no names.</summary>
    public IReadOnlyList<string> Answers { get; init; } = [];

    /// <summary>True where inputs can be found by name: they have some, and no two the same.</summary>
    public bool CanMatch => Inputs.Count > 0 && Inputs.Distinct(StringComparer.Ordinal).Count() == Inputs.Count;

    /// <summary>Names in a sentence: the first few, and how many more there are.</summary>
    /// <param name="names">One or more.</param>
    /// <param name="shown">How many are named.</param>
    internal static string Listed(IReadOnlyList<string> names, int shown = 5)
    {
        var first = names.Take(shown).Select(name => name.Length == 0 ? "(no name)" : Files.CsvText.Show(name));
        var more = names.Count - shown;
        return $"{string.Join(", ", first)}{(more > 0 ? $" and {more} more" : "")}";
    }
}
