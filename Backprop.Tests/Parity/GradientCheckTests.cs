using Backprop.Shared.Layers;
using Backprop.Shared.Losses;
using Backprop.Shared.Primitives;
using Backprop.Tests.Shared;
using Backprop.Tests.Shared.Layers;

namespace Backprop.Tests.Parity;

/// <summary>The engine's forward and backward passes against a plain double-precision forward and its central differences.</summary>
public sealed class GradientCheckTests
{
    private const double ForwardTolerance = 1e-5;
    private const double GradientTolerance = 1e-4;

    public static TheoryData<string> Networks => Network.Names;

    [Theory]
    [MemberData(nameof(Networks))]
    public void Outputs_AreThoseOfTheDoubleForward(string network)
    {
        using var scene = new Scene(Network.All[network]);
        var model = scene.InDouble();

        var outputs = scene.Outputs(rowsAtOnce: scene.Data.Count);

        double[] expected = [.. Enumerable.Range(0, scene.Data.Count).SelectMany(sample => model.Forward(InputOf(scene, sample)))];
        Close.ShouldBe(outputs, expected, ForwardTolerance, "the outputs");
    }

    [Theory]
    [MemberData(nameof(Networks))]
    public void Loss_IsThatOfTheDoubleForward(string network)
    {
        using var scene = new Scene(Network.All[network]);

        var (_, loss) = scene.Differentiate();

        var expected = LossInDouble(scene, scene.InDouble());
        loss.ShouldBe(expected, ForwardTolerance * expected);
    }

    [Theory]
    [MemberData(nameof(Networks))]
    public void Gradients_AreTheCentralDifferencesOfTheDoubleForward(string network)
    {
        using var scene = new Scene(Network.All[network]);
        var model = scene.InDouble();

        var (gradient, _) = scene.Differentiate();

        foreach (var parameter in scene.Model.Layout.Parameters)
        {
            var expected = model.Derivative(parameter.FullName, () => LossInDouble(scene, model));
            expected.ShouldContain(derivative => derivative != 0, $"{parameter.FullName} should matter, or nothing is checked");
            Close.ShouldBe(gradient.AsSpan(parameter.Start, parameter.Length), expected, GradientTolerance, parameter.FullName);
        }
    }

    [Theory]
    [MemberData(nameof(Networks))]
    public void FusedLayers_GiveTheBitsOfEachLayerAlone(string network)
    {
        using var scene = new Scene(Network.All[network]);

        var (gradient, _) = scene.Differentiate();

        using var apart = new LayersApart(scene);
        foreach (var (parameter, expected) in apart.Differentiate())
        {
            Bits.ShouldBeSame(gradient.AsSpan(parameter.Start, parameter.Length), expected);
        }
    }

    [Theory]
    [MemberData(nameof(Networks))]
    public void TwoSlotsThatSplitEveryLayer_GiveTheBitsOfOne(string network)
    {
        using var scene = new Scene(Network.All[network]);

        var (alone, _) = scene.Differentiate();
        var together = scene.DifferentiateSplit();

        foreach (var parameter in scene.Model.Layout.Parameters)
        {
            Bits.ShouldBeSame(together.AsSpan(parameter.Start, parameter.Length), alone.AsSpan(parameter.Start, parameter.Length));
        }
    }

    [Theory]
    [MemberData(nameof(Networks))]
    public void Rows_DoNotDependOnEachOther(string network)
    {
        using var scene = new Scene(Network.All[network]);

        var together = scene.Outputs(rowsAtOnce: scene.Data.Count);

        Bits.ShouldBeSame(scene.Outputs(rowsAtOnce: 1), together);
        Bits.ShouldBeSame(scene.Outputs(rowsAtOnce: 3), together);
    }

    [Fact]
    public void EveryKindOfLayerAndLoss_IsInSomeNetworkAboveAndChecked()
    {
        var layers = Network.All.Values.SelectMany(n => n.Layers).Select(l => Catalog<LayerSpec>.KindOf(l.GetType()));
        var losses = Network.All.Values.Select(n => Catalog<LossSpec>.KindOf(n.Loss.GetType()));

        Shipped<LayerSpec>().Except(layers).ShouldBeEmpty("add a network with it to Network.All, and its forward to DoubleModel");
        Shipped<LossSpec>().Except(losses).ShouldBeEmpty("add a network with it to Network.All, and its formula to DoubleModel");
        Shipped<LayerSpec>().Except(LayerCases.All.Keys).ShouldBeEmpty("add it to LayerCases.All");
    }

    /// <summary>Our own kinds: tests register some of theirs.</summary>
    private static IEnumerable<string> Shipped<TSpec>()
        where TSpec : class => Catalog<TSpec>.Kinds.Where(kind => Catalog<TSpec>.Find(kind)!.Assembly == typeof(LayerSpec).Assembly);

    private static double LossInDouble(Scene scene, DoubleModel model)
    {
        var sum = 0.0;
        for (var sample = 0; sample < scene.Data.Count; sample++)
        {
            var label = scene.Network.Loss.TakesLabels ? scene.Data.Labels[sample] : -1;
            var targets = DoubleModel.Widen(scene.Data.Target(sample));
            sum += DoubleModel.Loss(scene.Network.Loss, model.Forward(InputOf(scene, sample)), label, targets);
        }

        return sum;
    }

    private static double[] InputOf(Scene scene, int sample) => DoubleModel.Widen(scene.Data.Row(sample));
}
