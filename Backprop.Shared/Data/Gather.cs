namespace Backprop.Shared.Data;

/// <summary>Copies samples together into the rows of a batch. Nothing is allocated.</summary>
public static class Gather
{
    /// <summary>The features of the given samples.</summary>
    /// <param name="data">The samples.</param>
    /// <param name="ids">Which of them, in this order.</param>
    /// <param name="rows">Receives <c>[ids.Length, data.Width]</c>.</param>
    public static void Features(DataSet data, ReadOnlySpan<int> ids, Span<float> rows) => Rows(data.Features, data.Width, ids, rows);

    /// <summary>The labels of the given samples.</summary>
    /// <param name="data">The samples.</param>
    /// <param name="ids">Which of them, in this order.</param>
    /// <param name="labels">Receives <c>[ids.Length]</c>.</param>
    public static void Labels(DataSet data, ReadOnlySpan<int> ids, Span<int> labels)
    {
        var from = data.Labels;
        for (var index = 0; index < ids.Length; index++)
        {
            labels[index] = from[ids[index]];
        }
    }

    /// <summary>The target values of the given samples.</summary>
    /// <param name="data">The samples.</param>
    /// <param name="ids">Which of them, in this order.</param>
    /// <param name="targets">Receives <c>[ids.Length, data.TargetWidth]</c>.</param>
    public static void Targets(DataSet data, ReadOnlySpan<int> ids, Span<float> targets) =>
        Rows(data.TargetValues, data.TargetWidth, ids, targets);

    private static void Rows(float[] from, int width, ReadOnlySpan<int> ids, Span<float> to)
    {
        for (var index = 0; index < ids.Length; index++)
        {
            from.AsSpan(ids[index] * width, width).CopyTo(to.Slice(index * width, width));
        }
    }
}
