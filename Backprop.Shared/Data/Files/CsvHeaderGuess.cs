namespace Backprop.Shared.Data.Files;

/// <summary>
/// Whether the first row of a table names its columns, where nobody has said so: sure, or a question. Pure. A row of words is a header; a
/// row of numbers is a sample, unless they count evenly while the next row's do not; words among numbers are asked about.
/// </summary>
internal static class CsvHeaderGuess
{
    /// <summary>Fewer numbers than this count evenly by chance.</summary>
    private const int FewestThatCount = 3;

    /// <summary>Judges the first row.</summary>
    /// <param name="first">The first row.</param>
    /// <param name="second">The next one, or null.</param>
    /// <param name="label">The place of the label, or -1: its words may be classes.</param>
    /// <returns>Whether it is a header; where it cannot be told, why not.</returns>
    public static (bool IsHeader, string? Question) Judge(CsvRow first, CsvRow? second, int label)
    {
        var inputs = Enumerable.Range(0, first.Count).Where(column => column != label).ToList();
        var word = inputs.FindIndex(column => first.KindOf(column) == CsvCellKind.Word);
        var number = inputs.FindIndex(column => first.KindOf(column) == CsvCellKind.Number);
        if (word >= 0)
        {
            return number < 0
                ? (true, null)
                : (false, $"it has words and numbers ('{Shown(first, inputs[word])}' and '{Shown(first, inputs[number])}')");
        }

        var counts = second?.Count == first.Count && CountsEvenly(first, inputs) && !CountsEvenly(second, inputs);
        var names = label >= 0 && first.KindOf(label) == CsvCellKind.Word && second is not null && label < second.Count
            && second.KindOf(label) == CsvCellKind.Number;
        if (names)
        {
            // "0,1,label" above "1,2,0": the word over a number names the column, if the others can be names too.
            return number < 0 || counts || CountsFromZero(first, inputs)
                ? (true, null)
                : (false, $"its label '{Shown(first, label)}' is a word where the next one is a number");
        }

        if (counts)
        {
            return (false, $"its numbers count evenly ('{Shown(first, inputs[0])}', '{Shown(first, inputs[1])}', ...), as names may");
        }

        return IsQuotedAlone(first, second, inputs)
            ? (false, "its numbers stand in quotes and those of the next one do not")
            : (false, null);
    }

    private static bool CountsEvenly(CsvRow row, List<int> inputs)
    {
        if (inputs.Count < FewestThatCount)
        {
            return false;
        }

        var numbers = inputs.Select(row.NumberOf).ToList();
        var step = numbers[1] - numbers[0];
        return step is not (null or 0)
            && Enumerable.Range(1, numbers.Count - 1)
                .All(i => numbers[i] - numbers[i - 1] is { } next && Math.Abs(next - step.Value) < 1e-6f);
    }

    private static bool CountsFromZero(CsvRow row, List<int> inputs) =>
        inputs.Select(row.NumberOf).Index().All(number => number.Item == number.Index);

    private static bool IsQuotedAlone(CsvRow first, CsvRow? second, List<int> inputs) =>
        second?.Count == first.Count
        && inputs.Count > 0
        && inputs.TrueForAll(first.IsQuoted)
        && !inputs.Exists(second.IsQuoted);

    private static string Shown(CsvRow row, int column) => CsvText.Show(row.Names()[column]);
}
