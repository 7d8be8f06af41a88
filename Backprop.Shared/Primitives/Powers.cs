namespace Backprop.Shared.Primitives;

/// <summary>
/// Whole powers by repeated multiplication, which IEEE 754 fixes to the last bit: squarings from the lowest bit of the exponent upwards.
/// </summary>
internal static class Powers
{
    /// <summary>
    /// x^exponent, for an exponent of 0 or more. The relative error is below 2^-52 times the exponent; what underflows is 0.
    /// </summary>
    public static double Whole(double x, long exponent)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(exponent);
        var result = 1.0;
        for (var square = x; exponent > 0; exponent >>= 1, square *= square)
        {
            if ((exponent & 1) != 0)
            {
                result *= square;
            }
        }

        return result;
    }
}
