namespace Backprop.Shared.Losses;

/// <summary>
/// A loss, found by its kind. Rows are independent: a row's loss and gradient do not depend on the others, so that any worker may
/// compute it.
/// </summary>
public abstract record LossSpec
{
    /// <summary>True where the targets are class labels, false where they are rows of values as wide as the outputs.</summary>
    public abstract bool TakesLabels { get; }

    /// <summary>
    /// Each row's loss in float32, and the gradient of the <b>sum</b> of the rows' losses by the outputs (the coordinator divides once
    /// by the number of samples).
    /// </summary>
    /// <param name="outputs">The model's outputs (logits), <c>[rows, width]</c>.</param>
    /// <param name="targets">Labels, or <c>[rows, width]</c> values.</param>
    /// <param name="losses">Receives one loss a row, <c>[rows]</c>.</param>
    /// <param name="gradient">Receives the gradient, <c>[rows, width]</c>; empty in an evaluation.</param>
    public abstract void Compute(ReadOnlySpan<float> outputs, Targets targets, Span<float> losses, Span<float> gradient);
}

/// <summary>
/// What the outputs of some rows should have been: labels <c>[rows]</c> or values <c>[rows, width]</c>; the other is empty.
/// </summary>
public readonly ref struct Targets(ReadOnlySpan<int> labels, ReadOnlySpan<float> values)
{
    /// <summary>The class of each row, in [0, classes).</summary>
    public ReadOnlySpan<int> Labels { get; } = labels;

    /// <summary>The values of each row.</summary>
    public ReadOnlySpan<float> Values { get; } = values;
}
