namespace Backprop.Shared.Kernels.Products;

/// <summary>
/// One factor of a product: a row-major matrix in memory, seen with k along its rows or down its columns. Three layouts come of it: forward
/// (x along k, weights along k), input gradient (dy along k, weights across), weight gradient (dy across, x across).
/// </summary>
/// <param name="data">The matrix' first element.</param>
/// <param name="stride">The distance between its rows.</param>
/// <param name="along">True where element (i, k) is <c>data[i * stride + k]</c>, false where it is <c>data[k * stride + i]</c>.</param>
internal readonly unsafe struct Operand(float* data, nint stride, bool along)
{
    public float* Data { get; } = data;

    public nint Stride { get; } = stride;

    public bool Along { get; } = along;

    /// <summary>k runs along the rows.</summary>
    public static Operand AlongRows(float* data, nint stride) => new(data, stride, true);

    /// <summary>k runs down the columns.</summary>
    public static Operand DownColumns(float* data, nint stride) => new(data, stride, false);
}
