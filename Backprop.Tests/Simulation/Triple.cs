namespace Backprop.Tests.Simulation;

/// <summary>The whole parameter vector of the simulated model.</summary>
internal readonly record struct Triple(float A, float B, float C)
{
    public bool IsFinite => float.IsFinite(A) && float.IsFinite(B) && float.IsFinite(C);

    public static Triple operator +(Triple x, Triple y) => new(x.A + y.A, x.B + y.B, x.C + y.C);

    public static Triple NotFinite => new(float.NaN, 0, 0);

    /// <summary>True where every bit is the same; unlike equality, which takes 0 and -0 for one.</summary>
    public bool HasBitsOf(Triple other) =>
        BitConverter.SingleToInt32Bits(A) == BitConverter.SingleToInt32Bits(other.A)
        && BitConverter.SingleToInt32Bits(B) == BitConverter.SingleToInt32Bits(other.B)
        && BitConverter.SingleToInt32Bits(C) == BitConverter.SingleToInt32Bits(other.C);

    public override string ToString() => $"({A:R}, {B:R}, {C:R})";
}
