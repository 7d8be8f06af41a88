using Backprop.Shared.Initializers;
using Backprop.Shared.Primitives;
using Backprop.Shared.Tensors;

namespace Backprop.Tests.Shared.Initializers;

public class ValuesInitializerTests
{
    private static readonly ValuesInitializer TwoByThree = new() { Weight = [[1, 2, 3], [4, 5, 6.1]], Bias = [-1, 0.1] };

    [Fact]
    public void ValuesAreTakenRowByRowAndRoundedOnce()
    {
        Fill(TwoByThree, "weight", new Shape(2, 3)).ShouldBe([1, 2, 3, 4, 5, 6.1f]);
        Fill(TwoByThree, "bias", new Shape(2)).ShouldBe([-1, 0.1f]);
    }

    [Fact]
    public void WeightsOfMoreDimensionsAreFlattenedBehindTheFirst() =>
        Fill(new() { Weight = [[1, 2, 3, 4], [5, 6, 7, 8]] }, "weight", new Shape(2, 1, 2, 2)).ShouldBe([1, 2, 3, 4, 5, 6, 7, 8]);

    [Fact]
    public void TooFewRowsAreRefusedWithLayerExpectedAndActual() => Refused(
        TwoByThree, "weight", new Shape(3, 3), "layers.2 expects values for weight of shape [3, 3], but its init has 2 rows instead of 3");

    [Fact]
    public void ARaggedRowIsRefusedWithItsNumber() => Refused(
        new() { Weight = [[1, 2, 3], [4, 5]] }, "weight", new Shape(2, 3), "shape [2, 3], but its init has 2 values in row 2 instead of 3");

    [Fact]
    public void ABiasOfAnotherLengthIsRefused() => Refused(
        TwoByThree, "bias", new Shape(5), "layers.2 expects values for bias of shape [5], but its init has 2 values instead of 5");

    [Fact]
    public void MissingValuesAreRefused()
    {
        Refused(new() { Weight = [[1]] }, "bias", new Shape(1), "layers.2 expects values for bias of shape [1], but its init gives no");
        Refused(TwoByThree, "scale", new Shape(2), "but its init gives no 'scale'");
    }

    [Fact]
    public void ValuesThatAreNotFiniteInFloat32AreRefused()
    {
        Refused(new() { Weight = [[1, double.NaN]] }, "weight", new Shape(1, 2), "has NaN in row 1, which is not finite");
        Refused(new() { Bias = [1e39] }, "bias", new Shape(1), "has 1E+39, which is not finite");
    }

    [Fact]
    public void TheKindsOfTheRunFileAreAllThere() => Catalog<InitializerSpec>.Kinds.ShouldBe(
        ["default", "kaiming-normal", "kaiming-uniform", "normal", "values", "xavier-normal", "xavier-uniform", "zeros"]);

    [Fact]
    public void ZerosAreZeros()
    {
        var values = new float[] { 1, 2 };

        new ZerosInitializer().Fill(Context("weight", new Shape(2)), values);

        values.ShouldBe([0, 0]);
    }

    [Fact]
    public void ADeviationOutOfRangeIsRefused() =>
        Should.Throw<ArgumentOutOfRangeException>(() => new NormalInitializer { Deviation = 0 }).Message.ShouldContain("deviation must be");

    private static void Refused(ValuesInitializer initializer, string name, Shape shape, string message)
    {
        var exception = Should.Throw<UserException>(() => Fill(initializer, name, shape));

        exception.ExitCode.ShouldBe(ExitCode.Usage);
        exception.Message.ShouldContain(message);
    }

    private static float[] Fill(ValuesInitializer initializer, string name, Shape shape)
    {
        var values = new float[shape.Volume];
        initializer.Fill(Context(name, shape), values);
        return values;
    }

    private static InitializerContext Context(string name, Shape shape) =>
        new(name, "layers.2", shape, 3, 2, 0, new CounterRandom(1, RandomPurpose.Initialize));
}
