using Backprop.Shared.Kernels.Products;
using Backprop.Shared.Layers;
using Backprop.Shared.Models;
using Backprop.Shared.Tensors;

namespace Backprop.Tests.Shared.Layers;

/// <summary>One layer alone, with memory for some rows: nothing before or after it that could compute its part.</summary>
internal sealed class LayerRunner : IDisposable
{
    private readonly TensorPool _pool = new();
    private readonly FloatBuffer _input;
    private readonly FloatBuffer _output;
    private readonly FloatBuffer _inputGradient;
    private readonly FloatBuffer _outputGradient;
    private readonly FloatBuffer _weights;
    private readonly FloatBuffer _gradient;
    private readonly FloatBuffer _scratch;
    private readonly int _rows;

    public LayerRunner(LayerSpec spec, Shape input, int rows)
    {
        Model = Model.Build([spec], input);
        Layer = Model.Layers[0];
        _rows = rows;
        _input = _pool.Rent(rows * Layer.Input.Volume);
        _inputGradient = _pool.Rent(rows * Layer.Input.Volume);
        _output = Layer.IsView ? _input : _pool.Rent(rows * Layer.Output.Volume);
        _outputGradient = Layer.IsView ? _inputGradient : _pool.Rent(rows * Layer.Output.Volume);
        _weights = _pool.Rent(Model.Layout.Length);
        _gradient = _pool.Rent(Model.Layout.Length);
        _scratch = _pool.Rent(Layer.ScratchFloats(rows, rows));
    }

    public Model Model { get; }

    public Layer Layer { get; }

    public Span<float> Input => _input.Values;

    public Span<float> Output => _output.Values;

    public Span<float> InputGradient => _inputGradient.Values;

    public Span<float> OutputGradient => _outputGradient.Values;

    public Span<float> AllWeights => _weights.Values;

    public Span<float> Weights(Parameter parameter) => _weights.Values.Slice(parameter.Start, parameter.Length);

    public Span<float> Gradient(Parameter parameter) => _gradient.Values.Slice(parameter.Start, parameter.Length);

    public void Forward() => Forward(0, _rows);

    public void Forward(int row, int rows) => Layer.Forward(Pass(row, rows));

    public void BackwardInput() => BackwardInput(0, _rows);

    public void BackwardInput(int row, int rows) => Layer.BackwardInput(Pass(row, rows));

    /// <summary>Sums over all rows, in the shards given.</summary>
    public void BackwardParameters(Segments shards) => Layer.BackwardParameters(Pass(0, _rows) with { Shards = shards });

    public void Dispose() => _pool.Dispose();

    private LayerPass Pass(int row, int rows)
    {
        var (inputs, outputs) = (Layer.Input.Volume, Layer.Output.Volume);
        return new LayerPass
        {
            InputPlace = _input.Vector.Slice(row * inputs, rows * inputs),
            OutputPlace = _output.Vector.Slice(row * outputs, rows * outputs),
            InputGradientPlace = _inputGradient.Vector.Slice(row * inputs, rows * inputs),
            OutputGradientPlace = _outputGradient.Vector.Slice(row * outputs, rows * outputs),
            WeightPlace = _weights.Vector,
            GradientPlace = _gradient.Vector,
            ScratchPlace = _scratch.Vector,
            Rows = rows,
            InputWidth = inputs,
            OutputWidth = outputs,
            Parts = 1,
            Training = true,
        };
    }
}
