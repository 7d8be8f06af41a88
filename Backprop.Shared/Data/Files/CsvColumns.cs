using Backprop.Shared.Runs.Yaml;

namespace Backprop.Shared.Data.Files;

/// <summary>Which column of a table is what.</summary>
internal sealed class CsvColumns
{
    /// <summary>The role of a column that holds the label.</summary>
    public const int Label = -1;

    /// <summary>The role of a column that nobody asked for.</summary>
    public const int Unused = int.MinValue;

    private readonly int[] _inputs;
    private readonly int[] _targets;

    private CsvColumns(int count, int[] inputs, int label, int[] targets, IReadOnlyList<string>? names)
    {
        (_inputs, _targets, LabelColumn, Header) = (inputs, targets, label, names);
        Roles = new int[count];
        Array.Fill(Roles, Unused);
        for (var place = 0; place < inputs.Length; place++)
        {
            Roles[inputs[place]] = place;
        }

        for (var place = 0; place < targets.Length; place++)
        {
            Roles[targets[place]] = -2 - place;
        }

        if (label >= 0)
        {
            Roles[label] = Label;
        }
    }

    /// <summary>
    /// For each column: the input's place (0 and above), <see cref="Label"/>, -2 minus the target's place, or <see cref="Unused"/>.
    /// </summary>
    public int[] Roles { get; }

    /// <summary>The label's column, or -1.</summary>
    public int LabelColumn { get; }

    /// <summary>How many inputs a row has.</summary>
    public int Inputs => _inputs.Length;

    /// <summary>How many target values a row has.</summary>
    public int Targets => _targets.Length;

    /// <summary>The names that stand in the file, or null where there is no header.</summary>
    public IReadOnlyList<string>? Header { get; }

    /// <summary>What inputs and answers are called; none where there is no header.</summary>
    public ColumnNames Names => Header is null ? ColumnNames.None : new ColumnNames
    {
        Inputs = [.. _inputs.Select(column => Header[column])],
        Answers = LabelColumn >= 0 ? [Header[LabelColumn]] : [.. _targets.Select(column => Header[column])],
    };

    /// <summary>The name of a column, or null.</summary>
    public string? NameOf(int column) => Header is not null && column < Header.Count ? Header[column] : null;

    /// <summary>Gives every column its role: by name where both this file and the training data have names, else by place.</summary>
    /// <param name="file">For messages.</param>
    /// <param name="count">How many columns there are.</param>
    /// <param name="names">The header, or null.</param>
    /// <param name="wanted">What the source says.</param>
    /// <param name="notes">Told what is passed over.</param>
    public static CsvColumns Assign(DataFile file, int count, IReadOnlyList<string>? names, CsvWanted wanted, DataNotes notes)
    {
        if (wanted.Known is { CanMatch: true } known)
        {
            if (names is not null)
            {
                return ByName(file, names, known, wanted, notes);
            }

            notes.Say($"{file.Path} has no header: its columns are taken in the order of those trained on, "
                + ColumnNames.Listed(known.Inputs));
        }

        var columns = ByPlace(file, count, names, wanted.ForColumns(file, count, names));
        SayWhyByPlace(file, columns, wanted, notes);
        return columns;
    }

    /// <summary>Names that stand there and are of no use are said to be.</summary>
    private static void SayWhyByPlace(DataFile file, CsvColumns columns, CsvWanted wanted, DataNotes notes)
    {
        var inputs = columns.Names.Inputs;
        if (inputs.GroupBy(name => name).FirstOrDefault(same => same.Count() > 1) is { } twice)
        {
            notes.Doubt($"{file.Path} has {twice.Count()} input columns called {ColumnNames.Listed([twice.Key])}: they are told apart by "
                + "their order alone, here and in other files; rename them");
        }
        else if (inputs.Count > 0 && wanted.Known is { Inputs.Count: 0 })
        {
            notes.Say($"{file.Path} names its columns, but those trained on have no names: they are taken in their order, "
                + ColumnNames.Listed(inputs));
        }
    }

    private static CsvColumns ByPlace(DataFile file, int count, IReadOnlyList<string>? names, CsvWanted wanted)
    {
        int[] targets =
        [
            .. wanted.Targets.Select(target => Find(file, names, target, "the target column")),
            .. Enumerable.Range(count - wanted.LastTargets, wanted.LastTargets),
        ];
        var label = targets.Length > 0 ? -1 : wanted.Label switch
        {
            "none" => -1,
            "first" => 0,
            "last" => count - 1,
            _ => Find(file, names, wanted.Label, "the label column"),
        };
        int[] inputs = [.. Enumerable.Range(0, count).Where(column => column != label && !targets.Contains(column))];
        return inputs.Length > 0
            ? new CsvColumns(count, inputs, label, targets, names)
            : throw file.Fault($"has {(count == 1 ? "one column" : $"{count} columns")}, of which none is left as an input; is the " +
                "separator a comma?");
    }

    private static CsvColumns ByName(
        DataFile file, IReadOnlyList<string> names, ColumnNames known, CsvWanted wanted, DataNotes notes)
    {
        var missing = known.Inputs.Where(name => !names.Contains(name)).ToList();
        if (missing.Count > 0)
        {
            throw file.Fault(
                $"lacks {missing.Count} of the {known.Inputs.Count} columns that were trained on: {ColumnNames.Listed(missing)}; "
                + $"it has {ColumnNames.Listed(names)}");
        }

        int[] inputs = [.. known.Inputs.Select(name => Find(file, names, name, "an input column"))];
        var (label, targets) = AnswersByName(file, names, inputs, known, wanted);
        var columns = new CsvColumns(names.Count, inputs, label, targets, names);
        List<string> unused = [.. names.Where((_, column) => columns.Roles[column] == Unused)];
        if (unused.Count > 0)
        {
            notes.Say($"{file.Path}: {(unused.Count == 1 ? "one column is" : $"{unused.Count} columns are")} not used: "
                + ColumnNames.Listed(unused));
        }

        return columns;
    }

    /// <summary>New rows for a model may come without answers; rows to test on may not.</summary>
    private static (int Label, int[] Targets) AnswersByName(
        DataFile file, IReadOnlyList<string> names, int[] inputs, ColumnNames known, CsvWanted wanted)
    {
        if (wanted.Targets.Count > 0)
        {
            return wanted.Form is null || wanted.Targets.All(names.Contains)
                ? (-1, [.. wanted.Targets.Select(name => Find(file, names, name, "the target column"))])
                : (-1, []);
        }

        if (wanted.Form is null && wanted.LabelGiven is ("first" or "last"))
        {
            // The place that the source gives, unless an input stands there.
            var place = wanted.LabelGiven == "first" ? 0 : names.Count - 1;
            if (!inputs.Contains(place))
            {
                return (place, []);
            }
        }

        var label = wanted.NamesLabel ? wanted.Label
            : wanted.Label == "none" && wanted.Form is null ? null
            : known.Answers is [var answer] ? answer
            : null;
        return label is null || (wanted.Form is not null && !names.Contains(label))
            ? (-1, [])
            : (Find(file, names, label, "the label column"), []);
    }

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
