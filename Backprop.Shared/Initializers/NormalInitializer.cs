using Backprop.Shared.Primitives;

namespace Backprop.Shared.Initializers;

/// <summary>Weights and biases normal around 0.</summary>
[Kind("normal")]
public sealed record NormalInitializer : InitializerSpec
{
    /// <summary>The standard deviation, above 0 and finite in float32; must be given.</summary>
    public required double Deviation
    {
        get;
        init => field = value > 0 && float.IsFinite((float)value) ? value
            : throw new ArgumentOutOfRangeException(nameof(Deviation), "deviation must be above 0 and finite");
    }

    /// <inheritdoc/>
    public override void Fill(in InitializerContext context, Span<float> values) => RandomFill.Normal(context, values, Deviation);
}
