using Backprop.Shared.Primitives;

namespace Backprop.Shared.Initializers;

/// <summary>
/// For layers before a ReLU: weights uniform within ±√(6 / fan-in). Biases are made as by <see cref="DefaultInitializer"/>.
/// </summary>
/// <seealso href="https://arxiv.org/abs/1502.01852"/>
[Kind("kaiming-uniform")]
public sealed record KaimingUniformInitializer : InitializerSpec
{
    /// <inheritdoc/>
    public override void Fill(in InitializerContext context, Span<float> values)
    {
        if (RandomFill.IsWeight(context))
        {
            RandomFill.Uniform(context, values, Math.Sqrt(6.0 / context.FanIn));
        }
        else
        {
            RandomFill.Default(context, values);
        }
    }
}
