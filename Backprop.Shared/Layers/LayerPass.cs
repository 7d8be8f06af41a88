using Backprop.Shared.Kernels.Products;
using Backprop.Shared.Models;
using Backprop.Shared.Tensors;

namespace Backprop.Shared.Layers;

/// <summary>
/// What a layer computes now: which rows of the batch, which part of the outputs, and where everything lies. A row is a sample; the spans
/// below hold exactly the pass' rows, <c>[rows, width]</c>.
/// </summary>
public readonly unsafe struct LayerPass
{
    /// <summary>Where the input rows are.</summary>
    internal FlatVector InputPlace { get; init; }

    /// <summary>Where the output rows are.</summary>
    internal FlatVector OutputPlace { get; init; }

    /// <summary>Where the gradient by the input rows goes; nowhere for the first layer.</summary>
    internal FlatVector InputGradientPlace { get; init; }

    /// <summary>Where the gradient by the output rows is.</summary>
    internal FlatVector OutputGradientPlace { get; init; }

    /// <summary>The flat weights.</summary>
    internal FlatVector WeightPlace { get; init; }

    /// <summary>The flat gradient.</summary>
    internal FlatVector GradientPlace { get; init; }

    /// <summary>The slot's scratch memory.</summary>
    internal FlatVector ScratchPlace { get; init; }

    internal Segments Shards { get; init; }

    /// <summary>The sample ids of the batch' rows; null where they are not known.</summary>
    internal int[]? SampleIds { get; init; }

    /// <summary>The place of the first row in them.</summary>
    internal int FirstRow { get; init; }

    /// <summary>How many rows.</summary>
    public int Rows { get; init; }

    /// <summary>How many features an input row has.</summary>
    public int InputWidth { get; init; }

    /// <summary>How many features an output row has.</summary>
    public int OutputWidth { get; init; }

    /// <summary>
    /// The part of the outputs to compute, in [0, <see cref="Parts"/>); always 0 unless <see cref="Layer.CanSplitOutputs"/>.
    /// </summary>
    public int Part { get; init; }

    /// <summary>In how many parts the outputs are divided.</summary>
    public int Parts { get; init; }

    /// <summary>True in training, false in an evaluation or prediction.</summary>
    public bool Training { get; init; }

    /// <summary>
    /// The run's seed. Random numbers are a function of (seed, step, sample, layer, index), see <see cref="Primitives.CounterRandom"/>.
    /// </summary>
    public ulong Seed { get; init; }

    /// <summary>The 0-based step.</summary>
    public long Step { get; init; }

    /// <summary>The input rows, <c>[rows, inputWidth]</c>.</summary>
    public ReadOnlySpan<float> Input => new(InputPlace.Pointer, Rows * InputWidth);

    /// <summary>The output rows, <c>[rows, outputWidth]</c>: written by a forward pass, still there in the backward pass.</summary>
    public Span<float> Output => new(OutputPlace.Pointer, Rows * OutputWidth);

    /// <summary>The loss' gradient by the output rows, <c>[rows, outputWidth]</c>.</summary>
    public ReadOnlySpan<float> OutputGradient => new(OutputGradientPlace.Pointer, Rows * OutputWidth);

    /// <summary>Receives the loss' gradient by the input rows, <c>[rows, inputWidth]</c>.</summary>
    public Span<float> InputGradient => new(InputGradientPlace.Pointer, Rows * InputWidth);

    /// <summary>Scratch memory of this slot, as long as the layer asked for.</summary>
    public Span<float> Scratch => ScratchPlace.Values;

    /// <summary>The sample id of each row.</summary>
    public ReadOnlySpan<int> Samples => SampleIds is null ? [] : SampleIds.AsSpan(FirstRow, Rows);

    /// <summary>How many rows each shard has, in order; the shards of one span, none empty.</summary>
    public ReadOnlySpan<int> ShardRows => Shards.AllLengths;

    /// <summary>How often the two topmost sums are added after each shard's, see <see cref="Gradients.ReductionTree"/>.</summary>
    public ReadOnlySpan<int> ShardFolds => Shards.AllFolds;

    /// <summary>A parameter's values, row-major in its exported shape.</summary>
    public ReadOnlySpan<float> Weights(Parameter parameter) => new(WeightPlace.Pointer + parameter.Start, parameter.Length);

    /// <summary>Receives a parameter's gradient, summed over the span's samples.</summary>
    public Span<float> Gradient(Parameter parameter) => new(GradientPlace.Pointer + parameter.Start, parameter.Length);
}
