using Backprop.Shared.Runs.Yaml;

namespace Backprop.Shared.Data.Files;

/// <summary>Which column of a table is what.</summary>
internal sealed class CsvColumns
{
    /// <summary>The role of a column that holds the label.</summary>
    public const int Label = -1;

    private CsvColumns(int count, int label, IReadOnlyList<int> targets, IReadOnlyList<string>? names)
    {
        Names = names;
        LabelColumn = label;
        Targets = targets.Count;
        Roles = new int[count];
        var input = 0;
        for (var column = 0; column < count; column++)
        {
            var target = targets.ToList().IndexOf(column);
            Roles[column] = column == label ? Label : target >= 0 ? -2 - target : input++;
        }

        Inputs = input;
    }

    /// <summary>For each column: the input's place (0 and above), <see cref="Label"/>, or -2 minus the target's place.</summary>
    public int[] Roles { get; }

    /// <summary>The label's column, or -1.</summary>
    public int LabelColumn { get; }

    /// <summary>How many inputs a row has.</summary>
    public int Inputs { get; }

    /// <summary>How many target values a row has.</summary>
    public int Targets { get; }

    /// <summary>The header's names, or null where there is no header.</summary>
    public IReadOnlyList<string>? Names { get; }

    /// <summary>The name of a column, or null.</summary>
    public string? NameOf(int column) => Names is not null && column < Names.Count ? Names[column] : null;

    /// <summary>Gives every column its role.</summary>
    /// <param name="file">For messages.</param>
    /// <param name="count">How many columns there are.</param>
    /// <param name="names">The header, or null.</param>
    /// <param name="wanted">What the source says.</param>
    public static CsvColumns Assign(DataFile file, int count, IReadOnlyList<string>? names, CsvWanted wanted)
    {
        var fitted = wanted.ForColumns(file, count, names);
        var targets = new List<int>();
        foreach (var target in fitted.Targets)
        {
            targets.Add(Find(file, names, target, "the target column"));
        }

        for (var last = fitted.LastTargets; last > 0; last--)
        {
            targets.Add(count - last);
        }

        var label = fitted.Targets.Count > 0 || fitted.LastTargets > 0 ? -1 : LabelOf(file, count, names, fitted.Label);
        var columns = new CsvColumns(count, label, targets, names);
        return columns.Inputs > 0
            ? columns
            : throw file.Fault($"has {(count == 1 ? "one column" : $"{count} columns")}, of which none is left as an input; is the " +
                "separator a comma?");
    }

    private static int LabelOf(DataFile file, int count, IReadOnlyList<string>? names, string label) => label switch
    {
        "none" => -1,
        "first" => 0,
        "last" => count - 1,
        _ => Find(file, names, label, "the label column"),
    };

    private static int Find(DataFile file, IReadOnlyList<string>? names, string name, string what)
    {
        if (names is null)
        {
            throw file.Fault($"has no header in which {what} '{CsvText.Show(name)}' could be found; give it one, or set header: true");
        }

        var found = names.ToList().IndexOf(name);
        if (found < 0)
        {
            throw file.Fault($"has no column '{CsvText.Show(name)}', {what}; {Nearest.Advice(name, Showable(names))}");
        }

        return names.Skip(found + 1).Contains(name)
            ? throw file.Fault($"has two columns called '{CsvText.Show(name)}', {what}; rename one of them")
            : found;
    }

    /// <summary>Names that can be shown; a hostile header must not make the search for a similar one long.</summary>
    private static List<string> Showable(IReadOnlyList<string> names) =>
        [.. names.Where(name => name.Length is > 0 and <= 40).Take(1000).Select(CsvText.Show)];
}
