using Backprop.Shared.Layers;
using Backprop.Shared.Tensors;

namespace Backprop.Tests.Shared.Layers;

/// <summary>Where a formula alone would not say what comes out: at zero, far away, and beyond numbers.</summary>
public sealed class ActivationEdgeTests
{
    [Fact]
    public void Relu_AtZero_HasNoDerivative()
    {
        var (y, dx) = Run(new ReluSpec(), [-1, -0f, 0, 1e-40f, 2]);

        y.ShouldBe([0, 0, 0, 1e-40f, 2]);
        dx.ShouldBe([0, 0, 0, 1, 1]);
    }

    [Fact]
    public void Relu_KeepsWhatIsNotANumber()
    {
        var (y, _) = Run(new ReluSpec(), [float.NaN, float.PositiveInfinity, float.NegativeInfinity]);

        y.ShouldBe([float.NaN, float.PositiveInfinity, 0]);
    }

    [Fact]
    public void SigmoidAndTanh_FarAway_ReachTheirLimitsWithoutADerivative()
    {
        var (sigmoid, sigmoidGradient) = Run(new SigmoidSpec(), [-200, 200]);
        var (tanh, tanhGradient) = Run(new TanhSpec(), [-200, 200]);

        sigmoid.ShouldBe([0, 1]);
        sigmoidGradient.ShouldBe([0, 0]);
        tanh.ShouldBe([-1, 1]);
        tanhGradient.ShouldBe([0, 0]);
    }

    [Fact]
    public void Softmax_OfVeryLargeInputs_DoesNotOverflow()
    {
        var (y, dx) = Run(new SoftmaxSpec(), [1e30f, -1e30f, 1e30f]);

        y.ShouldBe([0.5f, 0, 0.5f]);
        dx.ShouldBe([0, 0, 0]);
    }

    /// <summary>The output of one row, and its input's gradient for an output gradient of ones.</summary>
    private static (float[] Output, float[] InputGradient) Run(LayerSpec spec, float[] input)
    {
        using var runner = new LayerRunner(spec, new Shape(input.Length), 1);
        input.CopyTo(runner.Input);
        runner.OutputGradient.Fill(1);
        runner.Forward();
        runner.BackwardInput();
        return (runner.Output.ToArray(), runner.InputGradient.ToArray());
    }
}
