namespace Backprop.Shared.Kernels.Products;

/// <summary>
/// How many outputs one call of the <see cref="TileKernel{TWidth, TVector, TTile}"/> keeps in registers: <see cref="Rows"/> by
/// <see cref="Vectors"/> registers. The size is free to be whatever the processor likes, because an output's value is one chain over k
/// that no tile ever cuts (contract 2.5).
/// </summary>
internal interface ITile
{
    static abstract int Rows { get; }

    static abstract int Vectors { get; }
}

/// <summary>For 32 registers: 24 accumulators, 2 for the row of b, 1 for the element of a.</summary>
internal readonly struct Tile12x2 : ITile
{
    public static int Rows => 12;

    public static int Vectors => 2;
}

/// <summary>For 32 registers and outputs no wider than one of them.</summary>
internal readonly struct Tile12x1 : ITile
{
    public static int Rows => 12;

    public static int Vectors => 1;
}

/// <summary>For 16 registers: 12 accumulators.</summary>
internal readonly struct Tile6x2 : ITile
{
    public static int Rows => 6;

    public static int Vectors => 2;
}

/// <summary>For 16 registers and outputs no wider than one of them.</summary>
internal readonly struct Tile6x1 : ITile
{
    public static int Rows => 6;

    public static int Vectors => 1;
}
