using Backprop.Shared.Initializers;
using Backprop.Shared.Kernels.Products;
using Backprop.Shared.Models;
using Backprop.Shared.Primitives;
using Backprop.Shared.Tensors;

namespace Backprop.Shared.Layers;

/// <summary>A fully connected layer: y = x · weightᵀ + bias. Weight <c>[out, in]</c>, bias <c>[out]</c>.</summary>
[Kind("linear")]
public sealed record LinearSpec : LayerSpec
{
    /// <summary>How many outputs. At least 1.</summary>
    [PrimarySetting]
    public required int Out
    {
        get;
        init => field = value >= 1 ? value : throw new ArgumentOutOfRangeException(nameof(Out), $"out must be at least 1, but is {value}");
    }

    /// <summary>Whether a bias is added. Default true.</summary>
    public bool Bias { get; init; } = true;

    /// <summary>How the first weights are made; the model's <c>init</c> if left out.</summary>
    public InitializerSpec? Init { get; init; }

    /// <inheritdoc/>
    public override Layer Build(LayerBuilder builder)
    {
        if (builder.Input.Rank != 1)
        {
            throw new ShapeException(
                $"{builder.Name} (linear)", "one dimension, [features]", $"{builder.Input}, which 'flatten' makes one");
        }

        var inputs = builder.Input[0];
        var weight = builder.AddParameter("weight", new Shape(Out, inputs), inputs, Out, Init);
        var bias = Bias ? builder.AddParameter("bias", new Shape(Out), inputs, Out, Init) : null;
        return new Linear(builder.Name, builder.Input, new Shape(Out), weight, bias);
    }
}

/// <summary>See <see cref="LinearSpec"/>. Input <c>[rows, in]</c>, output <c>[rows, out]</c>.</summary>
internal sealed unsafe class Linear(string name, Shape input, Shape output, Parameter weight, Parameter? bias) : Layer(name, input, output)
{
    private readonly int _in = input[0];
    private readonly int _out = output[0];

    public override IReadOnlyList<Parameter> Parameters => bias is null ? [weight] : [weight, bias];

    public override long OperationsPerSample => 2L * _in * _out;

    public override bool CanSplitOutputs => true;

    public Parameter Weight => weight;

    public Parameter? Bias => bias;

    /// <summary>The activation that the forward product applies in its store, or null.</summary>
    public Activation? FusedActivation { get; set; }

    /// <summary>The activation that made the input, whose derivative the input gradient's store multiplies in, or null.</summary>
    public Activation? InputActivation { get; set; }

    public override int ScratchFloats(int rows, int shards) => Math.Max(
        Math.Max(Product.WorkspaceFloats(rows, _out, _in, false), Product.WorkspaceFloats(rows, _in, _out, false)),
        Math.Max(Product.WorkspaceFloats(_out, _in, rows, true), ColumnSums.ScratchFloats(_out, shards)));

    public override void Forward(in LayerPass pass)
    {
        int depth = _in, folds = 0;
        var (first, count) = PartRange.Of(_out, Product.ColumnAlignment, pass.Part, pass.Parts);
        var call = new ProductCall
        {
            A = Operand.AlongRows(pass.InputPlace.Pointer, _in),
            B = Operand.AlongRows(pass.WeightPlace.Pointer + weight.Start, _in),
            Rows = pass.Rows,
            ColumnFirst = first,
            Columns = count,
            Segments = new Segments(&depth, &folds, 1),
            C = pass.OutputPlace.Pointer,
            Stride = _out,
            Side = bias is null ? null : pass.WeightPlace.Pointer + bias.Start,
            Workspace = pass.ScratchPlace.Pointer,
        };
        if (FusedActivation is { } activation)
        {
            activation.RunForward(call);
        }
        else if (bias is null)
        {
            Product.Run<StorePlain>(call);
        }
        else
        {
            Product.Run<StoreBias>(call);
        }
    }

    public override void BackwardInput(in LayerPass pass)
    {
        int depth = _out, folds = 0;
        var (first, count) = PartRange.Of(_in, Product.ColumnAlignment, pass.Part, pass.Parts);
        var call = new ProductCall
        {
            A = Operand.AlongRows(pass.OutputGradientPlace.Pointer, _out),
            B = Operand.DownColumns(pass.WeightPlace.Pointer + weight.Start, _in),
            Rows = pass.Rows,
            ColumnFirst = first,
            Columns = count,
            Segments = new Segments(&depth, &folds, 1),
            C = pass.InputGradientPlace.Pointer,
            Stride = _in,
            Side = pass.InputPlace.Pointer,
            SideStride = _in,
            Workspace = pass.ScratchPlace.Pointer,
        };
        if (InputActivation is { } activation)
        {
            activation.RunBackward(call);
        }
        else
        {
            Product.Run<StorePlain>(call);
        }
    }

    public override void BackwardParameters(in LayerPass pass)
    {
        var (first, count) = PartRange.Of(_out, Product.RowAlignment, pass.Part, pass.Parts);
        Product.Run<StorePlain>(new ProductCall
        {
            A = Operand.DownColumns(pass.OutputGradientPlace.Pointer + first, _out),
            B = Operand.DownColumns(pass.InputPlace.Pointer, _in),
            Rows = count,
            Columns = _in,
            Segments = pass.Shards,
            C = pass.GradientPlace.Pointer + weight.Start + ((nint)first * _in),
            Stride = _in,
            Workspace = pass.ScratchPlace.Pointer,
        });
        if (bias is not null)
        {
            var sums = pass.GradientPlace.Pointer + bias.Start + first;
            ColumnSums.Run(pass.OutputGradientPlace.Pointer + first, _out, count, pass.Shards, sums, pass.ScratchPlace.Pointer);
        }
    }
}
