using Backprop.Shared.Layers;
using Backprop.Shared.Losses;
using Backprop.Shared.Models;
using Backprop.Shared.Primitives;
using Backprop.Shared.Runs;

namespace Backprop.Coordinator.Explain;

/// <summary>A small network of dense layers, ready to be walked through by hand.</summary>
internal sealed class ExplainedNetwork
{
    /// <summary>More than so many weights nobody reads.</summary>
    public const int ParametersMax = 500;

    private ExplainedNetwork(ParameterLayout layout, IReadOnlyList<ExplainedLayer> layers, ExplainedLoss loss) =>
        (Layout, Layers, Loss) = (layout, layers, loss);

    public ParameterLayout Layout { get; }

    /// <summary>The layers, first to last.</summary>
    public IReadOnlyList<ExplainedLayer> Layers { get; }

    public ExplainedLoss Loss { get; }

    /// <summary>True where every layer has one input and one output: then each gradient is one product.</summary>
    public bool IsChain => Layers.All(l => l is { Inputs: 1, Outputs: 1 });

    /// <summary>The network of a run.</summary>
    /// <exception cref="UserException">It is too large, or has a layer or a loss that is not explained (exit code 2).</exception>
    public static ExplainedNetwork Of(PreparedRun run)
    {
        var count = run.Model.Layout.Count;
        if (count is 0 or > ParametersMax)
        {
            throw new UserException(
                ExitCode.Usage,
                count == 0
                    ? "The model has no weights, so there is nothing to explain; add a linear layer."
                    : $"The model has {count:N0} parameters, and explain prints every one; it takes at most {ParametersMax}. "
                      + "Shrink the layers, as with --set model.0.linear.out=4.");
        }

        var layers = run.File.Model.Select((spec, i) => LayerOf(spec, run.Model.Nodes[i])).ToArray();
        ExplainedLoss loss = run.File.Loss switch
        {
            MeanSquaredErrorSpec => new ExplainedMeanSquaredError(),
            CrossEntropySpec => new ExplainedCrossEntropy(),
            var other => throw new UserException(
                ExitCode.Usage,
                $"explain knows the losses cross-entropy and mse, but this run's is '{Catalog<LossSpec>.KindOf(other.GetType())}'; "
                + "use one of the two."),
        };
        return new ExplainedNetwork(run.Model.Layout, layers, loss);
    }

    private static ExplainedLayer LayerOf(LayerSpec spec, Node node)
    {
        var (name, handsOn) = (node.Layer.Name, node.NeedsInputGradient);
        var parameters = node.Layer.Parameters;
        var (inputs, outputs) = (node.Layer.Input.Volume, node.Layer.Output.Volume);
        return spec switch
        {
            LinearSpec => new ExplainedLinear(name, inputs, outputs, parameters[0], parameters.Skip(1).FirstOrDefault())
            {
                HandsOn = handsOn,
            },
            ReluSpec => ExplainedActivation.Relu(name, outputs, handsOn),
            SigmoidSpec => ExplainedActivation.Sigmoid(name, outputs, handsOn),
            TanhSpec => ExplainedActivation.Tanh(name, outputs, handsOn),
            SoftmaxSpec => new ExplainedSoftmax(name, outputs) { HandsOn = handsOn },
            FlattenSpec => new ExplainedFlatten(name, outputs) { HandsOn = handsOn },
            _ => throw new UserException(
                ExitCode.Usage,
                $"explain knows the layers linear, relu, sigmoid, tanh, softmax and flatten, but {name} is "
                + $"'{Catalog<LayerSpec>.KindOf(spec.GetType())}'; use a network of those."),
        };
    }
}
