namespace Backprop.Shared.Kernels;

/// <summary>Polynomials by Horner's rule in float64, one fused multiply-add a coefficient.</summary>
internal static class Polynomial
{
    /// <summary>c[0] + c[1] x + c[2] x² + ..., highest power first into the chain.</summary>
    public static double Evaluate(double x, ReadOnlySpan<double> coefficients)
    {
        var sum = coefficients[^1];
        for (var i = coefficients.Length - 2; i >= 0; i--)
        {
            sum = Math.FusedMultiplyAdd(sum, x, coefficients[i]);
        }

        return sum;
    }
}
