using Backprop.Shared.Primitives;

namespace Backprop.Shared.Initializers;

/// <summary>
/// For layers before a sigmoid or tanh: weights normal with deviation √(2 / (fan-in + fan-out)). Biases are made as by <see
/// cref="DefaultInitializer"/>.
/// </summary>
/// <seealso href="https://proceedings.mlr.press/v9/glorot10a.html"/>
[Kind("xavier-normal")]
public sealed record XavierNormalInitializer : InitializerSpec
{
    /// <inheritdoc/>
    public override void Fill(in InitializerContext context, Span<float> values)
    {
        if (RandomFill.IsWeight(context))
        {
            RandomFill.Normal(context, values, Math.Sqrt(2.0 / ((double)context.FanIn + context.FanOut)));
        }
        else
        {
            RandomFill.Default(context, values);
        }
    }
}
