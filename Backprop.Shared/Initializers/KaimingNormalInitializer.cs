using Backprop.Shared.Primitives;

namespace Backprop.Shared.Initializers;

/// <summary>
/// For layers before a ReLU: weights normal with deviation √(2 / fan-in). Biases are made as by <see cref="DefaultInitializer"/>.
/// </summary>
/// <seealso href="https://arxiv.org/abs/1502.01852"/>
[Kind("kaiming-normal")]
public sealed record KaimingNormalInitializer : InitializerSpec
{
    /// <inheritdoc/>
    public override void Fill(in InitializerContext context, Span<float> values)
    {
        if (RandomFill.IsWeight(context))
        {
            RandomFill.Normal(context, values, Math.Sqrt(2.0 / context.FanIn));
        }
        else
        {
            RandomFill.Default(context, values);
        }
    }
}
