namespace Backprop.Shared.Kernels.Products;

/// <summary>One matrix product: c[m, n] = sum over k of a(m, k) · b(n, k), for all rows and a range of columns.</summary>
internal readonly unsafe struct ProductCall
{
    public Operand A { get; init; }

    public Operand B { get; init; }

    /// <summary>How many rows c has.</summary>
    public int Rows { get; init; }

    /// <summary>The first column to compute, a multiple of <see cref="Product.ColumnAlignment"/>.</summary>
    public int ColumnFirst { get; init; }

    /// <summary>How many columns to compute.</summary>
    public int Columns { get; init; }

    /// <summary>How k is cut: one chain, or one for each shard.</summary>
    public Segments Segments { get; init; }

    /// <summary>The element of the first row and column 0.</summary>
    public float* C { get; init; }

    /// <summary>The distance between rows of c.</summary>
    public nint Stride { get; init; }

    /// <summary>What the store wants beside each output, or null: laid out like c.</summary>
    public float* Side { get; init; }

    /// <summary>The distance between its rows; 0 where one row serves all.</summary>
    public nint SideStride { get; init; }

    /// <summary>Scratch memory, as much as <see cref="Product.WorkspaceFloats"/> says.</summary>
    public float* Workspace { get; init; }
}
