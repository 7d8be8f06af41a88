using Backprop.Shared.Kernels.Operators;

namespace Backprop.Shared.Kernels;

/// <summary>
/// The functions of layers and losses in float32, one number at a time: one lane of the operators that work on whole tensors, with the
/// same bits. They differ from <see cref="Functions"/> rounded to float in the last place.
/// </summary>
public static class FunctionsF
{
    /// <summary>e^x, within 1.1 ulp. Infinity above 88.72, through the subnormals to 0 below -103.97; NaN stays NaN.</summary>
    public static float Exp(float x) => default(ExpOperator).Apply<WidthScalar, float>(x);

    /// <summary>The natural logarithm, within 1 ulp. Log(±0) = -infinity, Log(+infinity) = +infinity, NaN below 0.</summary>
    public static float Log(float x) => default(LogOperator).Apply<WidthScalar, float>(x);

    /// <summary>The hyperbolic tangent, within 2 ulp. Odd, ±1 at and near the infinities; NaN stays NaN.</summary>
    public static float Tanh(float x) => default(TanhOperator).Apply<WidthScalar, float>(x);

    /// <summary>1 / (1 + e^-x), within 2.5 ulp. NaN stays NaN.</summary>
    public static float Sigmoid(float x) => default(SigmoidOperator).Apply<WidthScalar, float>(x);
}
