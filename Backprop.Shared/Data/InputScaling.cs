using System.Numerics;
using System.Text.Json;
using Backprop.Shared.Data.Files;
using Backprop.Shared.Primitives;

namespace Backprop.Shared.Data;

/// <summary>
/// What is done to every input before a model sees it, in training and ever after: q = x / divide; d = q - mean; y = d / deviation,
/// three float32 operations, each rounded once, at any width of vectors. Mean and deviation are one for all columns or one for each.
/// Kept in checkpoints as JSON.
/// </summary>
public sealed class InputScaling
{
    private readonly float[] _mean;
    private readonly float[] _deviation;

    private InputScaling(float divide, float[] mean, float[] deviation)
    {
        Divide = divide;
        _mean = mean;
        _deviation = deviation;
    }

    /// <summary>Leaves inputs as they are.</summary>
    public static InputScaling None { get; } = new(1, [0], [1]);

    /// <summary>Divides every input first.</summary>
    public float Divide { get; }

    /// <summary>Is subtracted next: one value, or one for each column.</summary>
    public IReadOnlyList<float> Mean => _mean;

    /// <summary>Divides last: one value, or one for each column.</summary>
    public IReadOnlyList<float> Deviation => _deviation;

    /// <summary>How many columns it is for; null where it is the same for any number.</summary>
    public int? Columns => _mean.Length == 1 && _deviation.Length == 1 ? null : _mean.Length;

    /// <summary>What a run file asks for, with the statistics of the training part where it asks for them.</summary>
    /// <param name="spec">The run file's <c>data.scale</c>, or null.</param>
    /// <param name="train">The training part, not yet scaled.</param>
    public static InputScaling For(ScaleSpec? spec, DataSet train)
    {
        if (spec is null)
        {
            return None;
        }

        var divide = Single(spec.Divide, "divide");
        if (!spec.Standardize)
        {
            return new InputScaling(divide, [Single(spec.Mean, "mean")], [Single(spec.Deviation, "deviation")]);
        }

        if (spec.Mean != 0 || spec.Deviation != 1)
        {
            throw new UserException(ExitCode.Usage, "data.scale has both standardize and a mean or deviation of its own; leave one " +
                "of them out.");
        }

        var (mean, deviation) = ColumnStatistics.Of(train.Features, train.Width, divide);
        return new InputScaling(divide, mean, deviation);
    }

    /// <summary>Scales rows in place.</summary>
    /// <param name="features"><c>[rows, width]</c>.</param>
    /// <param name="width">How many columns a row has.</param>
    /// <param name="source">Whose rows they are, for the message where one cannot be scaled.</param>
    /// <exception cref="UserException">A value becomes infinite or NaN.</exception>
    public void Apply(Span<float> features, int width, string source)
    {
        if (Columns is { } columns && columns != width)
        {
            throw new UserException(ExitCode.Usage, $"{source} has {width} inputs, but the scaling is for {columns}; give the " +
                "columns that were trained on.");
        }

        if (Columns is null && Divide == 1 && _mean[0] == 0 && _deviation[0] == 1)
        {
            return;
        }

        for (var row = 0; row < features.Length / width; row++)
        {
            var bad = ScaleRow(features.Slice(row * width, width));
            if (bad >= 0)
            {
                throw new UserException(ExitCode.Usage, $"{source}, sample {row}, input {bad}: scaled, the value is not finite; " +
                    "correct it, or data.scale.");
            }
        }
    }

    /// <summary>As it is kept in a checkpoint; every value comes back with the same bits.</summary>
    public string ToJson() => JsonSerializer.Serialize(new Stored(Divide, _mean, _deviation));

    /// <summary>Reads what <see cref="ToJson"/> wrote.</summary>
    /// <exception cref="UserException">It is damaged (exit code 5).</exception>
    public static InputScaling FromJson(string json)
    {
        try
        {
            var stored = JsonSerializer.Deserialize<Stored>(json);
            if (stored is { Divide: not 0, Mean: not null, Deviation: not null } && float.IsFinite(stored.Divide)
                && stored.Mean.Length > 0 && stored.Mean.Length == stored.Deviation.Length
                && Array.TrueForAll(stored.Mean, float.IsFinite)
                && Array.TrueForAll(stored.Deviation, value => float.IsFinite(value) && value > 0))
            {
                return new InputScaling(stored.Divide, stored.Mean, stored.Deviation);
            }
        }
        catch (JsonException exception)
        {
            throw Damaged(exception);
        }

        throw Damaged(null);
    }

    private static UserException Damaged(Exception? inner) =>
        new(ExitCode.Storage, "The checkpoint's input scaling is damaged; use another checkpoint.", inner);

    private static float Single(double value, string name)
    {
        var single = (float)value;
        return float.IsFinite(single) && (single != 0 || name == "mean")
            ? single
            : throw new UserException(ExitCode.Usage, $"data.scale.{name} is {value}, which float32 cannot hold; choose one nearer to 1.");
    }

    /// <summary>Scales one row.</summary>
    /// <returns>The place of a value that is not finite, or -1.</returns>
    private int ScaleRow(Span<float> row)
    {
        var each = Columns is not null;
        var column = 0;
        for (; column <= row.Length - Vector<float>.Count; column += Vector<float>.Count)
        {
            var mean = each ? new Vector<float>(_mean, column) : new Vector<float>(_mean[0]);
            var deviation = each ? new Vector<float>(_deviation, column) : new Vector<float>(_deviation[0]);
            var scaled = ((new Vector<float>(row[column..]) / Divide) - mean) / deviation;
            scaled.CopyTo(row[column..]);
        }

        for (; column < row.Length; column++)
        {
            row[column] = ((row[column] / Divide) - _mean[each ? column : 0]) / _deviation[each ? column : 0];
        }

        return Finite.FirstThatIsNot(row);
    }

    private sealed record Stored(float Divide, float[] Mean, float[] Deviation);
}
