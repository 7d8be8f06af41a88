using Backprop.Shared.Initializers;
using Backprop.Shared.Layers;
using Backprop.Shared.Models;
using Backprop.Shared.Primitives;
using Backprop.Shared.Tensors;

namespace Backprop.Tests.Shared.Models;

/// <summary>How a model is built: names, shapes, places, first weights, and what does not fit.</summary>
public sealed class ModelTests
{
    [Fact]
    public void Parameters_AreNamedByTheirPlaceInTheModelAndShapedAsPyTorchExportsThem()
    {
        LayerSpec[] layers =
        [
            new FlattenSpec(), new LinearSpec { Out = 5 }, new ReluSpec(),
            new LinearSpec { Out = 4, Bias = false }, new SoftmaxSpec(), new LinearSpec { Out = 2 },
        ];

        var model = Model.Build(layers, new Shape(2, 3));

        model.Layout.Parameters.Select(p => $"{p.FullName} {p.Shape}").ShouldBe(
            ["layers.1.weight [5, 6]", "layers.1.bias [5]", "layers.3.weight [4, 5]", "layers.5.weight [2, 4]", "layers.5.bias [2]"]);
        model.Layout.Count.ShouldBe(30 + 5 + 20 + 8 + 2);
        model.Output.ShouldBe(new Shape(2));
        model.Layers.Select(l => l.Name).ShouldBe(["layers.0", "layers.1", "layers.2", "layers.3", "layers.4", "layers.5"]);
    }

    [Fact]
    public void Parameters_LieInOrderEachOnACacheLine()
    {
        var layout = Model.Build([new LinearSpec { Out = 5 }, new LinearSpec { Out = 33 }], new Shape(3)).Layout;

        layout.Parameters.ShouldAllBe(p => p.Start % 16 == 0);
        for (var i = 1; i < layout.Parameters.Count; i++)
        {
            layout.Parameters[i].Start.ShouldBeGreaterThanOrEqualTo(layout.Parameters[i - 1].Start + layout.Parameters[i - 1].Length);
            layout.Parameters[i].Ordinal.ShouldBe(i);
        }

        layout.Length.ShouldBeGreaterThanOrEqualTo(layout.Parameters[^1].Start + layout.Parameters[^1].Length);
    }

    [Fact]
    public void ALinearLayer_OnSamplesOfTwoDimensions_NamesLayerExpectedAndActual() =>
        Fault(new Shape(2, 3), new TanhSpec(), new LinearSpec { Out = 4 }).ShouldStartWith(
            "layers.1 (linear) expects one dimension, [features], but gets [2, 3], which 'flatten' makes one");

    [Fact]
    public void Softmax_OnSamplesOfTwoDimensions_NamesLayerExpectedAndActual() =>
        Fault(new Shape(4, 4), new SoftmaxSpec()).ShouldStartWith(
            "layers.0 (softmax) expects one dimension, [features], but gets [4, 4], which 'flatten' makes one");

    [Fact]
    public void AModelWithoutLayers_IsRefused() => Fault(new Shape(3)).ShouldContain("no layers");

    [Fact]
    public void FirstWeights_AreAFunctionOfTheSeed()
    {
        var model = Model.Build([new LinearSpec { Out = 17 }, new ReluSpec(), new LinearSpec { Out = 3 }], new Shape(5));
        var (first, second, other) = (new float[model.Layout.Length], new float[model.Layout.Length], new float[model.Layout.Length]);
        second.AsSpan().Fill(float.NaN);

        model.Initialize(9, first);
        model.Initialize(9, second);
        model.Initialize(10, other);

        Bits.ShouldBeSame(second, first);
        foreach (var parameter in model.Layout.Parameters)
        {
            var values = first.AsSpan(parameter.Start, parameter.Length);
            values.SequenceEqual(other.AsSpan(parameter.Start, parameter.Length)).ShouldBeFalse(parameter.FullName);
            var reach = 1 / Math.Sqrt(parameter.FanIn);
            values.ToArray().ShouldAllBe(v => v != 0 && Math.Abs(v) <= reach, parameter.FullName);
        }
    }

    [Fact]
    public void FirstWeights_DoNotDependOnTheLayersAfter()
    {
        var small = Model.Build([new LinearSpec { Out = 7 }], new Shape(5));
        var large = Model.Build([new LinearSpec { Out = 7 }, new TanhSpec(), new LinearSpec { Out = 3 }], new Shape(5));
        var (few, many) = (new float[small.Layout.Length], new float[large.Layout.Length]);

        small.Initialize(4, few);
        large.Initialize(4, many);

        Bits.ShouldBeSame(many.AsSpan(0, few.Length), few);
    }

    [Fact]
    public void ALayersOwnInitializer_GoesBeforeTheModels()
    {
        LayerSpec[] layers = [new LinearSpec { Out = 4, Init = new NormalInitializer { Deviation = 1 } }, new LinearSpec { Out = 2 }];
        var model = Model.Build(layers, new Shape(3), new ZerosInitializer());
        var weights = new float[model.Layout.Length];

        model.Initialize(1, weights);

        var (own, models) = (model.Layout.Parameters[0], model.Layout.Parameters[2]);
        weights.AsSpan(own.Start, own.Length).ToArray().ShouldContain(v => v != 0);
        weights.AsSpan(models.Start, models.Length).ToArray().ShouldAllBe(v => v == 0);
    }

    [Fact]
    public void OperationsPerSample_CountForwardWeightGradientsAndInputGradientsWhereTheyAreNeeded()
    {
        var model = Model.Build([new ReluSpec(), new LinearSpec { Out = 32 }, new ReluSpec(), new LinearSpec { Out = 10 }], new Shape(64));

        // The first linear layer's input gradient reaches no parameter.
        model.OperationsPerSample.ShouldBe((2 * 2 * 64 * 32) + (3 * 2 * 32 * 10));
    }

    [Fact]
    public void InputGradients_AreNeededFromTheFirstParametersOn()
    {
        LayerSpec[] layers = [new FlattenSpec(), new TanhSpec(), new LinearSpec { Out = 3 }, new ReluSpec(), new LinearSpec { Out = 2 }];

        var model = Model.Build(layers, new Shape(2, 2));

        model.Nodes.Select(n => n.NeedsInputGradient).ShouldBe([false, false, false, true, true]);
    }

    private static string Fault(Shape input, params LayerSpec[] layers)
    {
        var error = Should.Throw<UserException>(() => Model.Build(layers, input));
        error.ExitCode.ShouldBe(ExitCode.Usage);
        error.Message.ShouldNotContain("\n");
        error.Message.ShouldEndWith(".");
        return error.Message;
    }
}
