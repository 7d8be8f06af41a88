using System.Globalization;
using Backprop.Shared.Data.Files;
using Backprop.Shared.Primitives;
using Backprop.Shared.Tensors;

namespace Backprop.Shared.Data;

/// <summary>Samples written in the run file: a row of inputs each, and either a row of targets or a label.</summary>
[Kind("values")]
public sealed record ValuesSource : SourceSpec
{
    /// <summary>The inputs, a row a sample.</summary>
    public required IReadOnlyList<IReadOnlyList<float>> Inputs { get; init; }

    /// <summary>The values that each sample should give, a row a sample.</summary>
    public IReadOnlyList<IReadOnlyList<float>> Targets { get; init; } = [];

    /// <summary>The class of each sample: a whole number from 0, or a name.</summary>
    public IReadOnlyList<string> Labels { get; init; } = [];

    /// <inheritdoc/>
    public override DataSet Load(in SourceContext context)
    {
        var inputs = Flatten(Inputs, "inputs", Inputs.Count);
        var shape = new Shape(Inputs[0].Count);
        if (Targets.Count > 0 && Labels.Count > 0)
        {
            throw Fault("both targets and labels are given; leave one of them out");
        }

        if (Targets.Count > 0)
        {
            return new DataSet(shape, inputs, Flatten(Targets, "targets", Inputs.Count), Targets[0].Count);
        }

        if (Labels.Count == 0)
        {
            return new DataSet(shape, inputs);
        }

        if (Labels.Count != Inputs.Count)
        {
            throw Fault($"there are {Labels.Count} labels for {Inputs.Count} rows of inputs; give each row one");
        }

        var found = new ClassLabels(Labels, index => string.Create(CultureInfo.InvariantCulture, $"values, labels[{index}]"), "values");
        var (labels, names) = found.ResolveAll(context.Classes, context.ClassNames);
        return new DataSet(shape, inputs, labels, names);
    }

    private static float[] Flatten(IReadOnlyList<IReadOnlyList<float>> rows, string what, int count)
    {
        if (rows.Count == 0 || rows[0].Count == 0)
        {
            throw Fault($"{what} is empty; give each sample a row of numbers");
        }

        if (rows.Count != count)
        {
            throw Fault($"there are {rows.Count} rows of {what} for {count} rows of inputs; give each row one");
        }

        var width = rows[0].Count;
        var values = new float[checked(rows.Count * width)];
        for (var row = 0; row < rows.Count; row++)
        {
            if (rows[row].Count != width)
            {
                throw Fault($"{what}[{row}] has {rows[row].Count} numbers where {what}[0] has {width}; every row needs as many");
            }

            for (var column = 0; column < width; column++)
            {
                var value = rows[row][column];
                values[(row * width) + column] = float.IsFinite(value)
                    ? value
                    : throw Fault($"{what}[{row}][{column}] is not finite; correct it");
            }
        }

        return values;
    }

    private static UserException Fault(string what) => new(ExitCode.Usage, $"values: {what}.");
}
