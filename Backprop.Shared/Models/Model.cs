using Backprop.Shared.Initializers;
using Backprop.Shared.Layers;
using Backprop.Shared.Primitives;
using Backprop.Shared.Tensors;

namespace Backprop.Shared.Models;

/// <summary>
/// Layers in the order of computation, and where their parameters lie. It has no weights and no buffers of its own: those belong to
/// whoever runs it, see <see cref="CompiledModel"/>.
/// </summary>
public sealed class Model
{
    private readonly InitializerSpec _initializer;

    private Model(Shape input, ParameterLayout layout, List<Node> nodes, InitializerSpec initializer)
    {
        _initializer = initializer;
        Input = input;
        Layout = layout;
        Nodes = [.. nodes];
        Layers = [.. nodes.Select(n => n.Layer)];
        Output = Layers.Count == 0 ? input : Layers[^1].Output;
    }

    /// <summary>A sample's shape.</summary>
    public Shape Input { get; }

    /// <summary>The shape of a sample's outputs.</summary>
    public Shape Output { get; }

    /// <summary>The layers, first to last.</summary>
    public IReadOnlyList<Layer> Layers { get; }

    /// <summary>Names, shapes and places of the parameters.</summary>
    public ParameterLayout Layout { get; }

    /// <summary>
    /// How many multiplications and additions one sample costs in a training step: forward, input gradients, weight gradients.
    /// </summary>
    public long OperationsPerSample =>
        Nodes.Sum(n => n.Layer.OperationsPerSample * (n.NeedsInputGradient ? 3 : 2));

    /// <summary>An array, because a step walks it: walking an interface allocates.</summary>
    internal Node[] Nodes { get; }

    /// <summary>Builds a model: each layer takes the one before it, the first takes the samples.</summary>
    /// <param name="layers">What the run file lists.</param>
    /// <param name="input">A sample's shape.</param>
    /// <param name="initializer">How first weights are made where a layer does not say; <c>default</c> if null.</param>
    /// <exception cref="ShapeException">A layer does not fit the one before it.</exception>
    public static Model Build(IReadOnlyList<LayerSpec> layers, Shape input, InitializerSpec? initializer = null)
    {
        if (layers.Count == 0)
        {
            throw new UserException(ExitCode.Usage, "The model has no layers; list at least one under 'model'.");
        }

        var layout = new ParameterLayout();
        var nodes = new List<Node>(layers.Count);
        var shape = input;
        var value = 0;
        var trains = false;
        for (var i = 0; i < layers.Count; i++)
        {
            var layer = Build(layers[i], new LayerBuilder($"layers.{i}", [shape], layout));
            var output = layer.IsView ? value : value + 1;
            nodes.Add(new Node { Layer = layer, Index = i, Input = value, Output = output, NeedsInputGradient = trains });
            trains |= layer.Parameters.Count > 0;
            (shape, value) = (layer.Output, output);
        }

        Fuse(nodes);
        return new Model(input, layout, nodes, initializer ?? new DefaultInitializer());
    }

    /// <summary>Makes the first weights: a function of the seed alone.</summary>
    /// <param name="seed">The run's seed.</param>
    /// <param name="weights">The flat vector, as long as the layout.</param>
    public void Initialize(ulong seed, Span<float> weights)
    {
        weights.Clear();
        var random = new CounterRandom(seed, RandomPurpose.Initialize);
        foreach (var parameter in Layout.Parameters)
        {
            var context = new InitializerContext(
                parameter.Name, parameter.Layer, parameter.Shape, parameter.FanIn, parameter.FanOut, parameter.Ordinal, random);
            (parameter.Initializer ?? _initializer).Fill(context, weights.Slice(parameter.Start, parameter.Length));
        }
    }

    /// <summary>Builds a layer; one of which no memory could hold the parameters is refused in words.</summary>
    private static Layer Build(LayerSpec spec, LayerBuilder builder)
    {
        try
        {
            return spec.Build(builder);
        }
        catch (OverflowException problem)
        {
            throw new UserException(
                ExitCode.Usage,
                $"{builder.Name} ({Catalog<LayerSpec>.KindOf(spec.GetType())}) makes more than the {Array.MaxLength:N0} parameters that a "
                + "model may have; make it smaller.",
                problem);
        }
    }

    /// <summary>
    /// An activation after a linear layer is computed in that layer's store, and its derivative in the store of the linear layer that
    /// follows: the values of the activation's input are then nowhere kept, nor needed.
    /// </summary>
    private static void Fuse(List<Node> nodes)
    {
        for (var i = 1; i < nodes.Count; i++)
        {
            if (nodes[i].Layer is not Activation activation || nodes[i - 1].Layer is not Linear before)
            {
                continue;
            }

            before.FusedActivation = activation;
            nodes[i - 1].Output = nodes[i].Output;
            nodes[i].ForwardIsFused = true;

            // Where nobody else multiplies its derivative in, it does so in place: its input's value and gradient have no memory.
            nodes[i].Input = nodes[i].Output;
            if (i + 1 < nodes.Count && nodes[i + 1].Layer is Linear after)
            {
                after.InputActivation = activation;
                nodes[i].BackwardIsFused = true;
            }
        }
    }
}
