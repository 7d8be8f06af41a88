using Backprop.Shared.Layers;

namespace Backprop.Shared.Models;

/// <summary>A layer in its place: which values it takes and gives, and what of it others compute.</summary>
internal sealed class Node
{
    public required Layer Layer { get; init; }

    public required int Index { get; init; }

    /// <summary>The value it takes; value 0 is the batch. Its own output where the layer before it computes that.</summary>
    public required int Input { get; set; }

    /// <summary>The value it gives; the input where it is a view.</summary>
    public required int Output { get; set; }

    /// <summary>True where some layer before it has parameters.</summary>
    public required bool NeedsInputGradient { get; init; }

    /// <summary>True where the layer before it computes its output.</summary>
    public bool ForwardIsFused { get; set; }

    /// <summary>True where the layer after it has multiplied its derivative into the gradient.</summary>
    public bool BackwardIsFused { get; set; }
}
