using Backprop.Shared.Kernels;
using Backprop.Shared.Losses;
using Backprop.Shared.Primitives;
using Backprop.Shared.Tensors;
using Backprop.Tests.Shared.Kernels;

namespace Backprop.Tests.Shared.Losses;

public class CrossEntropyTests
{
    private static readonly CrossEntropySpec Loss = new();

    [Theory]
    [InlineData(1, 2)]
    [InlineData(5, 10)]
    [InlineData(3, 17)]
    [InlineData(2, 100)]
    public void TheGradientIsTheSlopeOfTheLoss(int rows, int width)
    {
        const double Step = 1e-5;
        var logits = KernelInputs.Even(rows * width, 3);
        var labels = Labels(rows, width);
        var (losses, gradient) = (new float[rows], new float[logits.Length]);

        Loss.Compute(logits, new Targets(labels, []), losses, gradient);

        var x = Array.ConvertAll(logits, value => (double)value);
        for (var row = 0; row < rows; row++)
        {
            losses[row].ShouldBe((float)Reference(x, row, width, labels[row]), 1e-5f);
        }

        for (var i = 0; i < x.Length; i++)
        {
            var (row, center) = (i / width, x[i]);
            x[i] = center + Step;
            var above = Reference(x, row, width, labels[row]);
            x[i] = center - Step;
            var below = Reference(x, row, width, labels[row]);
            x[i] = center;
            ((above - below) / (2 * Step)).ShouldBe(gradient[i], 1e-6);
        }
    }

    [Theory]
    [InlineData(200, 10)]
    [InlineData(3, 1000)]
    [InlineData(2, 1024)]
    [InlineData(2, 1025)]
    [InlineData(2, 5000)]
    public void AnEvaluationHasTheLossesOfTraining(int rows, int width)
    {
        var logits = KernelInputs.Mixed(rows * width);
        var targets = new Targets(Labels(rows, width), []);
        var (training, evaluation) = (new float[rows], new float[rows]);

        Loss.Compute(logits, targets, training, new float[logits.Length]);
        Loss.Compute(logits, targets, evaluation, []);

        ((ReadOnlySpan<float>)evaluation).ShouldHaveTheBitsOf(training);
    }

    [Fact]
    public void ARowsBitsDoNotDependOnTheOthers()
    {
        const int Rows = 130;
        const int Width = 10;
        var logits = KernelInputs.Mixed(Rows * Width);
        var labels = Labels(Rows, Width);
        var (losses, gradient) = (new float[Rows], new float[logits.Length]);
        Loss.Compute(logits, new Targets(labels, []), losses, gradient);
        var (alone, aloneGradient) = (new float[1], new float[Width]);

        for (var row = 0; row < Rows; row++)
        {
            Loss.Compute(logits.AsSpan(row * Width, Width), new Targets(labels.AsSpan(row, 1), []), alone, aloneGradient);

            ((ReadOnlySpan<float>)alone).ShouldHaveTheBitsOf(losses.AsSpan(row, 1));
            ((ReadOnlySpan<float>)aloneGradient).ShouldHaveTheBitsOf(gradient.AsSpan(row * Width, Width));
        }
    }

    [Fact]
    public void HugeLogitsNeitherOverflowNorLoseTheLoss()
    {
        var (losses, gradient) = (new float[2], new float[4]);

        Loss.Compute([1e30f, -1e30f, 1e4f, 1e4f], new Targets([0, 1], []), losses, gradient);

        losses.ShouldBe([0, FunctionsF.Log(2)]);
        gradient.ShouldBe([0, 0, 0.5f, -0.5f]);
    }

    [Fact]
    public void ANaNIsNotHidden()
    {
        var (losses, gradient) = (new float[1], new float[3]);

        Loss.Compute([0, float.NaN, 1], new Targets([0], []), losses, gradient);

        losses[0].ShouldBe(float.NaN);
        gradient.ShouldAllBe(value => float.IsNaN(value));
    }

    [Fact]
    public void NothingIsAllocated()
    {
        var logits = KernelInputs.Even(64 * 10, 3);
        var labels = Labels(64, 10);
        var (losses, gradient) = (new float[64], new float[logits.Length]);
        Loss.Compute(logits, new Targets(labels, []), losses, gradient);
        Loss.Compute(logits, new Targets(labels, []), losses, []);
        var before = GC.GetAllocatedBytesForCurrentThread();

        Loss.Compute(logits, new Targets(labels, []), losses, gradient);
        Loss.Compute(logits, new Targets(labels, []), losses, []);

        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBe(0);
    }

    [Fact]
    public void WrongShapesAndLabelsAreRefused()
    {
        var losses = new float[2];
        Should.Throw<ShapeException>(() => Loss.Compute(new float[7], new Targets([0, 0], []), losses, []));
        Should.Throw<ShapeException>(() => Loss.Compute(new float[6], new Targets([0, 0], []), losses, new float[5]));
        Should.Throw<ShapeException>(() => Loss.Compute(new float[6], new Targets([0], []), losses, []));
        var beyond = Should.Throw<UserException>(() => Loss.Compute(new float[6], new Targets([0, 3], []), losses, []));
        beyond.ExitCode.ShouldBe(ExitCode.Usage);
        beyond.Message.ShouldStartWith("A sample has the label 3, but the model has 3 outputs, for the labels 0 to 2; ");
        Should.Throw<UserException>(() => Loss.Compute(new float[6], new Targets([-1, 0], []), losses, []));
    }

    private static int[] Labels(int rows, int width) => [.. Enumerable.Range(0, rows).Select(row => row * 7 % width)];

    private static double Reference(double[] x, int row, int width, int label)
    {
#pragma warning disable RS0030 // The library's functions as references.
        return Math.Log(x.Skip(row * width).Take(width).Sum(Math.Exp)) - x[(row * width) + label];
#pragma warning restore RS0030
    }
}
