namespace Backprop.Shared.Data.Files;

/// <summary>What is asked of a CSV file: which columns are what, and which classes are known already.</summary>
internal sealed record CsvWanted
{
    /// <summary>The label's column: <c>first</c>, <c>last</c>, <c>none</c> or a name of the header.</summary>
    public string Label { get; init; } = "last";

    /// <summary>Whether the first row names the columns.</summary>
    public CsvHeader Header { get; init; }

    /// <summary>The columns to predict, by name; empty where there is a label or nothing to predict.</summary>
    public IReadOnlyList<string> Targets { get; init; } = [];

    /// <summary>How many of the last columns are to be predicted, where they have no names.</summary>
    public int LastTargets { get; init; }

    /// <summary>The number of classes that the run file states, or null.</summary>
    public int? Classes { get; init; }

    /// <summary>The classes that are known already; empty where this file says what they are.</summary>
    public IReadOnlyList<string> ClassNames { get; init; } = [];

    /// <summary>
    /// The model that the rows are for, where they are not to train on; what they hold is then told by their number of columns.
    /// </summary>
    public ModelForm? Form { get; init; }

    /// <summary>What is asked of a file with so many columns.</summary>
    public CsvWanted ForColumns(DataFile file, int count, IReadOnlyList<string>? names)
    {
        if (Form is null)
        {
            return this;
        }

        if (count == Form.Inputs)
        {
            return this with { Label = "none", Targets = [] };
        }

        if (Form.ClassNames.Count > 0 && count == Form.Inputs + 1)
        {
            var isPlace = Label is "first" or "last";
            return isPlace || (names is not null && Label != "none") ? this : this with { Label = "last" };
        }

        if (Form.TargetWidth > 0 && count == Form.Inputs + Form.TargetWidth)
        {
            var named = names is not null && Targets.Count == Form.TargetWidth && Targets.All(names.Contains);
            return named ? this : this with { Targets = [], LastTargets = Form.TargetWidth };
        }

        var more = Form.ClassNames.Count > 0 ? ", and may have one more for the label"
            : Form.TargetWidth > 0 ? $", and may have {Form.TargetWidth} more for the targets"
            : "";
        throw file.Fault($"has {count} columns, but the model takes {Form.Inputs}{more}; give it the columns it was trained on");
    }

    /// <summary>
    /// Whether the first row is a header. Left to itself: where a cell of it is no number. A label alone is not enough, for classes may
    /// have names: it makes a header only where the label below it is a number.
    /// </summary>
    public bool HasHeader(CsvRow first, CsvRow? second)
    {
        if (Header != CsvHeader.Auto)
        {
            return Header == CsvHeader.True;
        }

        if (NamesStandIn(first))
        {
            return true;
        }

        var label = LabelPlace(first.Count);
        for (var column = 0; column < first.Count; column++)
        {
            if (column != label && !first.IsNumber(column))
            {
                return true;
            }
        }

        return label >= 0 && !first.IsNumber(label) && second is not null && label < second.Count && second.IsNumber(label);
    }

    private int LabelPlace(int count)
    {
        if (Targets.Count > 0 || (Form is not null && (Form.ClassNames.Count == 0 || count != Form.Inputs + 1)))
        {
            return -1;
        }

        // New rows for a model may come without the header that named the label; it is then taken to be last.
        return Label switch { "none" when Form is null => -1, "first" => 0, "last" => count - 1, _ => Form is null ? -1 : count - 1 };
    }

    private bool NamesStandIn(CsvRow row)
    {
        IReadOnlyList<string> wanted = Targets.Count > 0 ? Targets : Label is "first" or "last" or "none" ? [] : [Label];
        return wanted.Count > 0 && wanted.All(row.Names().Contains);
    }
}
