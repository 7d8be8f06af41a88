using Backprop.Shared.Tensors;

namespace Backprop.Shared.Data;

/// <summary>
/// Samples in memory: features <c>[count, features]</c> in float32, row-major, and either labels <c>[count]</c> or target values
/// <c>[count, targets]</c>. Sample ids are the 0-based rows.
/// </summary>
public sealed class DataSet
{
    /// <summary>Classified samples.</summary>
    /// <param name="shape">A sample's shape, as <c>[64]</c> or <c>[1, 28, 28]</c>.</param>
    /// <param name="features"><c>[count, shape.Volume]</c>.</param>
    /// <param name="labels">Each sample's class, in [0, classNames.Count).</param>
    /// <param name="classNames">A name for each class.</param>
    public DataSet(Shape shape, float[] features, int[] labels, IReadOnlyList<string> classNames)
        : this(shape, features, labels, [], 0, classNames)
    {
    }

    /// <summary>Samples with values to predict.</summary>
    /// <param name="shape">A sample's shape.</param>
    /// <param name="features"><c>[count, shape.Volume]</c>.</param>
    /// <param name="targets"><c>[count, targetWidth]</c>.</param>
    /// <param name="targetWidth">How many values a sample has.</param>
    public DataSet(Shape shape, float[] features, float[] targets, int targetWidth)
        : this(shape, features, [], targets, targetWidth, [])
    {
    }

    /// <summary>Samples with neither, to predict only.</summary>
    public DataSet(Shape shape, float[] features)
        : this(shape, features, [], [], 0, [])
    {
    }

    private DataSet(Shape shape, float[] features, int[] labels, float[] targets, int targetWidth, IReadOnlyList<string> classNames)
    {
        SampleShape = shape;
        Width = shape.Volume;
        Count = features.Length / Width;
        Features = features;
        Labels = labels;
        TargetValues = targets;
        TargetWidth = targetWidth;
        ClassNames = classNames;
        if (features.Length % Width != 0 || (labels.Length != 0 && labels.Length != Count) || (long)targetWidth * Count != targets.Length)
        {
            throw new ArgumentException(
                $"{features.Length} features of shape {shape}, {labels.Length} labels, {targets.Length} targets do not agree.");
        }

        if (labels.AsSpan().IndexOfAnyExceptInRange(0, classNames.Count - 1) is var outside and >= 0)
        {
            throw new ArgumentOutOfRangeException(
                nameof(labels), $"Sample {outside} has the label {labels[outside]}, outside the {classNames.Count} classes.");
        }
    }

    /// <summary>How many samples.</summary>
    public int Count { get; }

    /// <summary>A sample's shape.</summary>
    public Shape SampleShape { get; }

    /// <summary>How many features a sample has.</summary>
    public int Width { get; }

    /// <summary><c>[count, width]</c>.</summary>
    public float[] Features { get; }

    /// <summary>Each sample's class; empty where there are none.</summary>
    public int[] Labels { get; }

    /// <summary><c>[count, targetWidth]</c>; empty where there are none.</summary>
    public float[] TargetValues { get; }

    /// <summary>How many values a sample should give; 0 where there are none.</summary>
    public int TargetWidth { get; }

    /// <summary>A name for each class; empty where there are none.</summary>
    public IReadOnlyList<string> ClassNames { get; }

    /// <summary>What the columns are called, where the samples come from a table with a header.</summary>
    public ColumnNames Names { get; init; } = ColumnNames.None;

    /// <summary>Classified samples of one dimension, from a row for each.</summary>
    /// <param name="inputs">A row of inputs for each sample, all of one width; copied.</param>
    /// <param name="labels">Each sample's class, from 0; copied.</param>
    /// <param name="classNames">A name for each class; their numbers if left out.</param>
    public static DataSet Classified(float[][] inputs, int[] labels, IReadOnlyList<string>? classNames = null)
    {
        if (labels.Length != inputs.Length)
        {
            throw new ArgumentException($"There are {inputs.Length} rows of inputs, but {labels.Length} labels.", nameof(labels));
        }

        var features = Flatten(inputs);
        classNames ??= Files.ClassLabels.Numbers(Math.Max(0, labels.Max()) + 1);
        return new DataSet(new Shape(WidthOf(inputs)), features, (int[])labels.Clone(), classNames);
    }

    /// <summary>Samples of one dimension with values to predict, from a row for each.</summary>
    /// <param name="inputs">A row of inputs for each sample, all of one width; copied.</param>
    /// <param name="targets">A row of values for each sample, all of one width; copied.</param>
    public static DataSet Regression(float[][] inputs, float[][] targets) =>
        targets.Length == inputs.Length
            ? new DataSet(new Shape(WidthOf(inputs)), Flatten(inputs), Flatten(targets), WidthOf(targets))
            : throw new ArgumentException($"There are {inputs.Length} rows of inputs, but {targets.Length} of targets.", nameof(targets));

    /// <summary>The features of a sample.</summary>
    public ReadOnlySpan<float> Row(int sample) => Features.AsSpan(sample * Width, Width);

    /// <summary>The target values of a sample.</summary>
    public ReadOnlySpan<float> Target(int sample) => TargetValues.AsSpan(sample * TargetWidth, TargetWidth);

    private static int WidthOf(float[][] rows) =>
        rows.Length > 0 && rows[0].Length > 0
            ? rows[0].Length
            : throw new ArgumentException("There is no row, or an empty one.", nameof(rows));

    private static float[] Flatten(float[][] rows)
    {
        var width = WidthOf(rows);
        var values = new float[checked(rows.Length * width)];
        for (var row = 0; row < rows.Length; row++)
        {
            if (rows[row].Length != width)
            {
                throw new ArgumentException($"Row {row} has {rows[row].Length} values, but row 0 has {width}.", nameof(rows));
            }

            rows[row].CopyTo(values, row * width);
        }

        return values;
    }
}
