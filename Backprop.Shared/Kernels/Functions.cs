namespace Backprop.Shared.Kernels;

/// <summary>
/// The transcendental functions of this project, in float64. They are made of <c>+ - * /</c>, fused multiply-add, floor and moves of bits
/// alone, so they answer with the same bits on every machine, which the library's do not. An error of u ulp means: at most u units in the
/// last place of the result away from the true value. The bounds hold where the result is normal; a subnormal result is rounded once
/// more, by half a unit.
/// </summary>
public static class Functions
{
    /// <summary>
    /// e^x, within 0.75 ulp. Overflows to infinity above 709.78, underflows through the subnormals to 0 below -745.13; NaN stays NaN.
    /// </summary>
    public static double Exp(double x) => Exponential.Exp(x);

    /// <summary>
    /// The natural logarithm, within 0.75 ulp. Log(±0) = -infinity, Log(+infinity) = +infinity, NaN below 0; subnormals are exact
    /// arguments.
    /// </summary>
    public static double Log(double x) => Logarithm.Log(x);

    /// <summary>
    /// x^y, within 0.75 ulp, with the special cases of IEEE 754: x^0 = 1^y = 1 even for NaN; a negative x takes an integral y only, NaN
    /// otherwise.
    /// </summary>
    public static double Pow(double x, double y) => Power.Pow(x, y);

    /// <summary>
    /// The hyperbolic tangent, within 2 ulp. Odd, ±1 at and near the infinities; ±0 and tiny values are returned as they are; NaN stays
    /// NaN.
    /// </summary>
    public static double Tanh(double x) => Exponential.Tanh(x);

    /// <summary>
    /// The sine of x radians, within 0.75 ulp for every finite x: large arguments are reduced with as many digits of 2/π as they need.
    /// NaN for infinities.
    /// </summary>
    public static double Sin(double x) => Trigonometry.Sin(x);

    /// <summary>The cosine of x radians, within 0.75 ulp for every finite x. NaN for infinities.</summary>
    public static double Cos(double x) => Trigonometry.Cos(x);
}
