namespace Backprop.Tests.Simulation;

/// <summary>The whole parameter vector of the simulated model: three partitions of one element each.</summary>
internal readonly record struct Triple(float A, float B, float C)
{
    /// <summary>How many partitions there are.</summary>
    public const int Parts = 3;

    public bool IsFinite => float.IsFinite(A) && float.IsFinite(B) && float.IsFinite(C);

    public static Triple operator +(Triple x, Triple y) => new(x.A + y.A, x.B + y.B, x.C + y.C);

    public static Triple NotFinite => new(float.NaN, float.NaN, float.NaN);

    /// <summary>The vector with one partition of another one; -1: all of the other.</summary>
    public Triple With(int part, Triple other) => part switch
    {
        0 => this with { A = other.A },
        1 => this with { B = other.B },
        2 => this with { C = other.C },
        _ => other,
    };

    /// <summary>True where every bit is the same; unlike equality, which takes 0 and -0 for one.</summary>
    public bool HasBitsOf(Triple other) =>
        BitConverter.SingleToInt32Bits(A) == BitConverter.SingleToInt32Bits(other.A)
        && BitConverter.SingleToInt32Bits(B) == BitConverter.SingleToInt32Bits(other.B)
        && BitConverter.SingleToInt32Bits(C) == BitConverter.SingleToInt32Bits(other.C);

    public override string ToString() => $"({A:R}, {B:R}, {C:R})";
}
