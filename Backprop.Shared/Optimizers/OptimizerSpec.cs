namespace Backprop.Shared.Optimizers;

/// <summary>
/// An optimizer, found by its kind. It is a pure function of (step, rate, gradient, parameters, state), element by element. It declares its
/// state and never manages it: its vectors are allocated, zeroed, saved, restored and sent by the framework.
/// </summary>
public abstract record OptimizerSpec
{
    /// <summary>The learning rate that the schedule's factor multiplies. Above 0, finite in float32; must be given.</summary>
    public required double Rate
    {
        get;
        init => field = value > 0 && float.IsFinite((float)value) ? value
            : throw new ArgumentOutOfRangeException(nameof(Rate), "rate must be above 0 and finite");
    }

    /// <summary>
    /// Weight decay, 0 or more and finite, default 0: decoupled where <see cref="DecaysWeightsDirectly"/>, L2 (added to the gradient)
    /// elsewhere.
    /// </summary>
    public double WeightDecay
    {
        get;
        init => field = value >= 0 && float.IsFinite((float)value) ? value
            : throw new ArgumentOutOfRangeException(nameof(WeightDecay), "weightDecay must be 0 or more and finite");
    }

    /// <summary>True where weight decay multiplies the weights by 1 - rate * decay instead of joining the gradient.</summary>
    public virtual bool DecaysWeightsDirectly => false;

    /// <summary>The names of the state: one float per parameter each, zero at the start, saved for us.</summary>
    public abstract IReadOnlyList<string> StateNames { get; }

    /// <summary>
    /// Updates one block in place. Every span has the same length (at most <see cref="Gradients.Partition.BlockElements"/>).
    /// </summary>
    /// <param name="step">The 0-based step and the rate after the schedule.</param>
    /// <param name="gradient">The averaged gradient, clipped, L2 decay added.</param>
    /// <param name="parameters">The weights; decoupled decay is the optimizer's own.</param>
    /// <param name="state">One block of each vector of the state, in the order of <see cref="StateNames"/>.</param>
    public abstract void Update(in OptimizerStep step, ReadOnlySpan<float> gradient, Span<float> parameters, in StateBlocks state);
}

/// <summary>Where an update stands.</summary>
/// <param name="Step">The 0-based step.</param>
/// <param name="Rate">The learning rate of this step, in float64.</param>
public readonly record struct OptimizerStep(long Step, double Rate);

/// <summary>The same block of every vector of the state.</summary>
public readonly ref struct StateBlocks(ReadOnlySpan<Memory<float>> state, int start, int length)
{
    private readonly ReadOnlySpan<Memory<float>> _state = state;

    /// <summary>The block of a vector, by its place in <see cref="OptimizerSpec.StateNames"/>.</summary>
    public Span<float> this[int vector] => _state[vector].Span.Slice(start, length);
}
