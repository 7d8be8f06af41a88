using Backprop.Shared.Kernels.Products;
using Backprop.Shared.Layers;
using Backprop.Shared.Tensors;

namespace Backprop.Shared.Models;

/// <summary>
/// A model with the memory it needs for a number of rows: a value and a gradient for each place between layers, and scratch memory for
/// each slot. Everything is there before the first step; fewer rows use the front. Slots may call it at the same time for different rows,
/// or for different parts of the same rows.
/// </summary>
internal sealed class CompiledModel
{
    private readonly FloatBuffer[] _values;
    private readonly FloatBuffer?[] _gradients;
    private readonly FloatBuffer[] _scratch;
    private readonly int[] _widths;
    private readonly int[]? _samples;

    /// <param name="rows">The largest number of rows.</param>
    /// <param name="slots">How many slots call it at once.</param>
    /// <param name="shards">Shards of a batch; 0 where it only predicts: then there are no gradients.</param>
    /// <param name="samples">The sample id of each row, or null.</param>
    public CompiledModel(Model model, int rows, int slots, int shards, TensorPool pool, int[]? samples = null)
    {
        Model = model;
        Rows = rows;
        _samples = samples;
        var count = model.Nodes.Max(n => Math.Max(n.Input, n.Output)) + 1;
        (_values, _gradients, _widths) = (new FloatBuffer[count], new FloatBuffer?[count], new int[count]);
        _widths[0] = model.Input.Volume;
        foreach (var node in model.Nodes)
        {
            _widths[node.Output] = node.Layer.Output.Volume;
        }

        for (var i = 0; i < count; i++)
        {
            // A linear layer's value before its fused activation has no memory: width 0 is never asked for.
            _values[i] = pool.Rent(checked(rows * _widths[i]), zeroed: false);
            _gradients[i] = shards > 0 && i > 0 ? pool.Rent(rows * _widths[i], zeroed: false) : null;
        }

        var scratch = model.Layers.Max(l => l.ScratchFloats(rows, Math.Max(1, shards)));
        _scratch = [.. Enumerable.Range(0, slots).Select(_ => pool.Rent(scratch, zeroed: false))];
    }

    public Model Model { get; }

    /// <summary>The largest number of rows.</summary>
    public int Rows { get; }

    /// <summary>The batch' rows, <c>[rows, features]</c>.</summary>
    public Span<float> Input(int row, int rows) => Slice(_values[0], row, rows, _widths[0]);

    /// <summary>The model's outputs, <c>[rows, outputs]</c>.</summary>
    public Span<float> Output(int row, int rows) => Slice(_values[^1], row, rows, _widths[^1]);

    /// <summary>The loss' gradient by the outputs, <c>[rows, outputs]</c>: written by the loss.</summary>
    public Span<float> OutputGradient(int row, int rows) => Slice(_gradients[^1]!, row, rows, _widths[^1]);

    /// <summary>What a node gave, <c>[rows, width]</c>.</summary>
    public ReadOnlySpan<float> Value(Node node, int row, int rows) => Slice(_values[node.Output], row, rows, _widths[node.Output]);

    /// <summary>The pass of a node for some rows.</summary>
    public LayerPass Pass(
        Node node, in PassRange range, FlatVector weights, FlatVector gradient = default, Segments shards = default)
    {
        return new LayerPass
        {
            InputPlace = RowsOf(_values[node.Input], node.Input, range),
            OutputPlace = RowsOf(_values[node.Output], node.Output, range),
            InputGradientPlace = RowsOf(_gradients[node.Input], node.Input, range),
            OutputGradientPlace = RowsOf(_gradients[node.Output], node.Output, range),
            WeightPlace = weights,
            GradientPlace = gradient,
            ScratchPlace = _scratch[range.Slot].Vector,
            Shards = shards,
            SampleIds = _samples,
            FirstRow = range.Row,
            Rows = range.Rows,
            InputWidth = _widths[node.Input],
            OutputWidth = _widths[node.Output],
            Part = range.Part,
            Parts = Math.Max(1, range.Parts),
            Training = range.Training,
            Seed = range.Seed,
            Step = range.Step,
        };
    }

    /// <summary>All layers forward for some rows, on one slot.</summary>
    public void Forward(in PassRange range, FlatVector weights)
    {
        foreach (var node in Model.Nodes)
        {
            if (!node.ForwardIsFused && !node.Layer.IsView)
            {
                node.Layer.Forward(Pass(node, range, weights));
            }
        }
    }

    private static Span<float> Slice(FloatBuffer buffer, int row, int rows, int width) => buffer.Values.Slice(row * width, rows * width);

    /// <summary>A range's rows of a place between layers; none where it has no memory.</summary>
    private FlatVector RowsOf(FloatBuffer? buffer, int place, in PassRange range) =>
        buffer is null ? default : buffer.Vector.Slice(range.Row * _widths[place], range.Rows * _widths[place]);
}

/// <summary>Which rows, on which slot, and which part of the outputs.</summary>
internal readonly record struct PassRange
{
    public int Slot { get; init; }

    public int Row { get; init; }

    public int Rows { get; init; }

    public int Part { get; init; }

    /// <summary>In how many parts the outputs are divided; 0 and 1 both mean that they are not.</summary>
    public int Parts { get; init; }

    public bool Training { get; init; }

    public ulong Seed { get; init; }

    public long Step { get; init; }
}
