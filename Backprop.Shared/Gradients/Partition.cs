namespace Backprop.Shared.Gradients;

/// <summary>A contiguous range of one parameter inside the flat vector.</summary>
/// <param name="Parameter">The parameter's place in the layout.</param>
/// <param name="Start">The first element, in the flat vector.</param>
/// <param name="Length">How many elements.</param>
public readonly record struct Partition(int Parameter, int Start, int Length)
{
    /// <summary>The block over which norms are summed and updates are swept: 4,096 elements, 16 KiB. Part of the contract.</summary>
    public const int BlockElements = 4096;
}
