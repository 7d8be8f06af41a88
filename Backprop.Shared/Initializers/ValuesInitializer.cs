using Backprop.Shared.Primitives;

namespace Backprop.Shared.Initializers;

/// <summary>
/// The values as written: <c>values: { weight: [[...], ...], bias: [...] }</c>, in the exported shapes, each rounded to float32 once.
/// </summary>
[Kind("values")]
public sealed record ValuesInitializer : InitializerSpec
{
    /// <summary>The weight, one row an output: <c>[out, in]</c>. Weights of more dimensions are flattened behind the first.</summary>
    public IReadOnlyList<IReadOnlyList<double>>? Weight { get; init; }

    /// <summary>The bias, one value an output; left out where the layer has none.</summary>
    public IReadOnlyList<double>? Bias { get; init; }

    /// <inheritdoc/>
    /// <exception cref="UserException">The values are missing, of another shape, or not finite (exit code 2).</exception>
    public override void Fill(in InitializerContext context, Span<float> values)
    {
        switch (context.Name)
        {
            case "weight" when Weight is { } rows:
                FillRows(context, rows, values);
                break;
            case "bias" when Bias is { } row:
                FillRow(context, row, "", values);
                break;
            default:
                throw Mismatch(context, $"gives no '{context.Name}'");
        }
    }

    private static void FillRows(in InitializerContext context, IReadOnlyList<IReadOnlyList<double>> rows, Span<float> values)
    {
        // A vector has one row.
        var expected = context.Shape.Rank > 1 ? context.Shape[0] : 1;
        if (rows.Count != expected)
        {
            throw Mismatch(context, $"has {new Quantity(rows.Count, "row")} instead of {expected}");
        }

        var width = values.Length / expected;
        for (var row = 0; row < expected; row++)
        {
            FillRow(context, rows[row], $" in row {row + 1}", values.Slice(row * width, width));
        }
    }

    private static void FillRow(in InitializerContext context, IReadOnlyList<double> row, string where, Span<float> values)
    {
        if (row.Count != values.Length)
        {
            throw Mismatch(context, $"has {row.Count} values{where} instead of {values.Length}");
        }

        for (var i = 0; i < values.Length; i++)
        {
            values[i] = float.IsFinite((float)row[i]) ? (float)row[i]
                : throw Mismatch(context, $"has {row[i]}{where}, which is not finite in float32");
        }
    }

    private static UserException Mismatch(in InitializerContext context, string problem) => new(
        ExitCode.Usage,
        $"{context.Layer} expects values for {context.Name} of shape {context.Shape}, but its init {problem}; "
        + "change the values or the layer.");
}
