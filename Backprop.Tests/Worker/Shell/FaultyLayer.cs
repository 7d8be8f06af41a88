using Backprop.Shared.Layers;
using Backprop.Shared.Models;
using Backprop.Shared.Tensors;

namespace Backprop.Tests.Worker.Shell;

/// <summary>Passes everything on, unless it is told to throw or to spoil.</summary>
internal sealed record FaultyLayerSpec(LayerFault Fault) : LayerSpec
{
    public override Layer Build(LayerBuilder builder) => new FaultyLayer(builder.Name, builder.Input, Fault);
}

internal sealed class LayerFault
{
    public volatile bool Throws;
    public volatile bool Spoils;

    /// <summary>Where it is set, a forward pass says that it has begun and waits until it may go on.</summary>
    public volatile Pause? Pauses;
}

internal sealed class Pause : IDisposable
{
    public ManualResetEventSlim HasBegun { get; } = new();

    public ManualResetEventSlim MayGoOn { get; } = new();

    public void Dispose()
    {
        HasBegun.Dispose();
        MayGoOn.Dispose();
    }
}

internal sealed class FaultyLayer(string name, Shape shape, LayerFault fault) : Layer(name, shape, shape)
{
    public override void Forward(in LayerPass pass)
    {
        if (fault.Pauses is { } pause)
        {
            pause.HasBegun.Set();
            pause.MayGoOn.Wait();
        }

        if (fault.Throws)
        {
            throw new InvalidOperationException("the fault");
        }

        pass.Input.CopyTo(pass.Output);
    }

    public override void BackwardInput(in LayerPass pass)
    {
        pass.OutputGradient.CopyTo(pass.InputGradient);
        if (fault.Spoils)
        {
            pass.InputGradient[0] = float.NaN;
        }
    }
}
