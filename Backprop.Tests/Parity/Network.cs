using Backprop.Shared.Layers;
using Backprop.Shared.Losses;
using Backprop.Shared.Tensors;

namespace Backprop.Tests.Parity;

/// <summary>A small network to check, and on how many samples.</summary>
internal sealed record Network(Shape Input, LossSpec Loss, int Samples, LayerSpec[] Layers)
{
    private static readonly CrossEntropySpec CrossEntropy = new();
    private static readonly MeanSquaredErrorSpec Squares = new();
    private static readonly ReluSpec Relu = new();
    private static readonly SigmoidSpec Sigmoid = new();
    private static readonly TanhSpec Tanh = new();
    private static readonly SoftmaxSpec Softmax = new();
    private static readonly FlattenSpec Flatten = new();

    /// <summary>
    /// Every kind of layer first, in the middle and last, beside a linear layer (which computes its neighbours' functions in its own
    /// products) and apart from one; both losses; sizes that fill no register.
    /// </summary>
    public static readonly IReadOnlyDictionary<string, Network> All = new Dictionary<string, Network>
    {
        ["linear"] = Of(Squares, Linear(3)),
        ["linear without bias"] = Of(CrossEntropy, Unbiased(4)),
        ["two linear"] = Of(Squares, Linear(6), Linear(3)),
        ["two linear, the first without bias"] = Of(CrossEntropy, Unbiased(6), Linear(3)),
        ["relu between"] = Of(CrossEntropy, Linear(7), Relu, Linear(3)),
        ["sigmoid between"] = Of(CrossEntropy, Linear(7), Sigmoid, Linear(3)),
        ["tanh between"] = Of(CrossEntropy, Linear(7), Tanh, Linear(3)),
        ["relu between, no biases"] = Of(Squares, Unbiased(7), Relu, Unbiased(3)),
        ["sigmoid between, no biases"] = Of(Squares, Unbiased(7), Sigmoid, Unbiased(3)),
        ["tanh between, no biases"] = Of(Squares, Unbiased(7), Tanh, Unbiased(3)),
        ["relu first"] = Of(CrossEntropy, Relu, Linear(3)),
        ["sigmoid first"] = Of(Squares, Sigmoid, Linear(3)),
        ["tanh first"] = Of(CrossEntropy, Tanh, Linear(5), Relu, Linear(3)),
        ["softmax first"] = Of(CrossEntropy, Softmax, Linear(3)),
        ["relu last"] = Of(Squares, Linear(5), Relu),
        ["sigmoid last"] = Of(Squares, Linear(5), Tanh, Linear(3), Sigmoid),
        ["tanh last"] = Of(CrossEntropy, Linear(3), Tanh),
        ["softmax last"] = Of(Squares, Linear(5), Relu, Linear(3), Softmax),
        ["softmax between"] = Of(CrossEntropy, Linear(5), Softmax, Linear(3)),
        ["softmax after an activation"] = Of(Squares, Linear(5), Tanh, Softmax, Linear(3)),
        ["an activation after softmax"] = Of(Squares, Linear(5), Softmax, Sigmoid, Linear(3)),
        ["two activations"] = Of(CrossEntropy, Linear(6), Sigmoid, Tanh, Linear(3)),
        ["three activations"] = Of(CrossEntropy, Linear(6), Relu, Tanh, Sigmoid, Linear(3)),
        ["two activations first"] = Of(Squares, Tanh, Sigmoid, Linear(3)),
        ["two activations last"] = Of(Squares, Linear(6), Tanh, Relu),
        ["flatten first"] = In(new Shape(2, 3), CrossEntropy, Flatten, Linear(5), Relu, Linear(3)),
        ["flatten after an activation"] = In(new Shape(2, 2, 2), Squares, Tanh, Flatten, Linear(4), Sigmoid, Linear(3)),
        ["flatten between"] = Of(CrossEntropy, Linear(6), Relu, Flatten, Linear(3)),
        ["flatten before an activation"] = Of(CrossEntropy, Linear(6), Flatten, Tanh, Linear(3)),
        ["flatten last"] = Of(Squares, Linear(4), Sigmoid, Flatten),
        ["four linear layers"] = Of(CrossEntropy, Linear(7), Relu, Linear(6), Tanh, Linear(5), Sigmoid, Linear(3)),
        ["single numbers"] = new(new Shape(1), Squares, 1, [Linear(1), Tanh, Linear(1)]),
        ["one row of 33"] = new(new Shape(33), CrossEntropy, 1, [Linear(17), Tanh, Linear(2)]),
        ["one feature"] = new(new Shape(1), Squares, 17, [Linear(33), Sigmoid, Linear(17)]),
        ["17 to 33"] = new(new Shape(17), CrossEntropy, 5, [Linear(33), Relu, Linear(17)]),
        ["33 rows"] = new(new Shape(17), Squares, 33, [Linear(17), Tanh, Linear(1)]),
    };

    public static TheoryData<string> Names => [.. All.Keys];

    private static LinearSpec Linear(int outputs) => new() { Out = outputs };

    private static LinearSpec Unbiased(int outputs) => new() { Out = outputs, Bias = false };

    private static Network Of(LossSpec loss, params LayerSpec[] layers) => In(new Shape(6), loss, layers);

    private static Network In(Shape input, LossSpec loss, params LayerSpec[] layers) => new(input, loss, 7, layers);
}
