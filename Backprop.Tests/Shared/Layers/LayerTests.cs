using Backprop.Shared.Gradients;
using Backprop.Tests.Parity;
using Backprop.Worker.Training;

namespace Backprop.Tests.Shared.Layers;

/// <summary>Every layer alone, against central differences of a double-precision forward.</summary>
public sealed class LayerTests
{
    private const double Tolerance = 1e-4;

    public static TheoryData<string, int, int, int> Cases => LayerCases.Each();

    [Theory]
    [MemberData(nameof(Cases))]
    public void InputGradient_IsTheCentralDifferenceOfTheDoubleForward(string kind, int spec, int input, int rows)
    {
        using var runner = LayerCases.Run(kind, spec, input, rows);
        var (inputs, outputs) = (runner.Layer.Input.Volume, runner.Layer.Output.Volume);
        var model = InDouble(kind, spec, runner);
        var (x, dy) = (DoubleModel.Widen(runner.Input), DoubleModel.Widen(runner.OutputGradient));

        runner.Forward();
        runner.BackwardInput();

        for (var row = 0; row < rows; row++)
        {
            var (sample, along) = (x[(row * inputs)..((row + 1) * inputs)], dy[(row * outputs)..((row + 1) * outputs)]);
            var expected = DoubleModel.Derivative(sample, () => Dot(model.Forward(sample), along));
            Close.ShouldBe(runner.InputGradient.Slice(row * inputs, inputs), expected, Tolerance, $"the input gradient of row {row}");
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void ParameterGradients_AreTheCentralDifferencesOfTheDoubleForward(string kind, int spec, int input, int rows)
    {
        using var runner = LayerCases.Run(kind, spec, input, rows);
        var (inputs, outputs) = (runner.Layer.Input.Volume, runner.Layer.Output.Volume);
        var model = InDouble(kind, spec, runner);
        var (x, dy) = (DoubleModel.Widen(runner.Input), DoubleModel.Widen(runner.OutputGradient));
        var plan = new StepPlan(rows, 2, 1, [(0, new ShardSpan(0, 2))]);

        runner.Forward();
        runner.BackwardParameters(plan.Whole);
        GC.KeepAlive(plan);

        double Along() => Enumerable.Range(0, rows).Sum(
            row => Dot(model.Forward(x[(row * inputs)..((row + 1) * inputs)]), dy[(row * outputs)..((row + 1) * outputs)]));
        foreach (var parameter in runner.Layer.Parameters)
        {
            Close.ShouldBe(runner.Gradient(parameter), model.Derivative(parameter.FullName, Along), Tolerance, parameter.FullName);
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void RowsAlone_HaveTheBitsOfRowsTogether(string kind, int spec, int input, int rows)
    {
        using var together = LayerCases.Run(kind, spec, input, rows);
        using var alone = LayerCases.Run(kind, spec, input, rows);

        together.Forward();
        together.BackwardInput();
        for (var row = rows - 1; row >= 0; row--)
        {
            alone.Forward(row, 1);
            alone.BackwardInput(row, 1);
        }

        Bits.ShouldBeSame(alone.Output, together.Output);
        Bits.ShouldBeSame(alone.InputGradient, together.InputGradient);
    }

    private static DoubleModel InDouble(string kind, int spec, LayerRunner runner) =>
        new([LayerCases.All[kind].Specs[spec]], runner.Model.Layout, runner.AllWeights);

    private static double Dot(double[] x, double[] y) => x.Zip(y, (a, b) => a * b).Sum();
}
