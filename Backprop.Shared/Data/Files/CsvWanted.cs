namespace Backprop.Shared.Data.Files;

/// <summary>What is asked of a CSV file: which columns are what, and what is known already from the training data.</summary>
internal sealed record CsvWanted
{
    /// <summary>The label's column: <c>first</c>, <c>last</c>, <c>none</c> or a name of the header.</summary>
    public string Label => LabelGiven ?? "last";

    /// <summary>The same where the source says it itself, or null.</summary>
    public string? LabelGiven { get; init; }

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

    /// <summary>What the columns trained on are called, none where they have no names; null where this is the training data.</summary>
    public ColumnNames? Known { get; init; }

    /// <summary>
    /// The model that the rows are for, where they are not to train or test on; what they hold is then told by their names, or by their
    /// number of columns.
    /// </summary>
    public ModelForm? Form { get; init; }

    /// <summary>Whether the label's column is one by name.</summary>
    public bool NamesLabel => Label is not ("first" or "last" or "none");

    /// <summary>What is asked of a file with so many columns, where they have no names to go by.</summary>
    public CsvWanted ForColumns(DataFile file, int count, IReadOnlyList<string>? names)
    {
        if (Form is null)
        {
            return this;
        }

        if (count == Form.Inputs)
        {
            return this with { LabelGiven = "none", Targets = [] };
        }

        if (Form.ClassNames.Count > 0 && count == Form.Inputs + 1)
        {
            return Label is "first" or "last" || (names is not null && Label != "none") ? this : this with { LabelGiven = "last" };
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

    /// <summary>Whether the first row is a header: as somebody said, or where that is sure.</summary>
    /// <exception cref="Primitives.UserException">It is not sure.</exception>
    public bool HasHeader(DataFile file, CsvRow first, CsvRow? second)
    {
        if (Header != CsvHeader.Auto)
        {
            return Header == CsvHeader.True;
        }

        if (NamesStandIn(first.Names()))
        {
            return true;
        }

        var (isHeader, question) = CsvHeaderGuess.Judge(first, second, LabelPlace(first.Count));
        return question is null ? isHeader : throw file.Fault(
            $"may begin with a header or with a sample: of line {first.Line}, {question}; say which with header: true or header: false"
            + (Form is null ? " beside its path" : " (--header true, --header false)"));
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

    private bool NamesStandIn(IReadOnlyList<string> names)
    {
        IReadOnlyList<string> wanted = Targets.Count > 0 ? Targets : NamesLabel ? [Label] : [];
        return (wanted.Count > 0 && wanted.All(names.Contains)) || (Known is { CanMatch: true } known && known.Inputs.All(names.Contains));
    }
}
