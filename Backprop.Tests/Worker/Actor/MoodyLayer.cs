using Backprop.Shared.Layers;
using Backprop.Shared.Models;
using Backprop.Shared.Tensors;

namespace Backprop.Tests.Worker.Actor;

/// <summary>Passes everything on, unless it is told to throw or to spoil.</summary>
internal sealed record MoodyLayerSpec(Mood Mood) : LayerSpec
{
    public override Layer Build(LayerBuilder builder) => new MoodyLayer(builder.Name, builder.Input, Mood);
}

internal sealed class Mood
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

internal sealed class MoodyLayer(string name, Shape shape, Mood mood) : Layer(name, shape, shape)
{
    public override void Forward(in LayerPass pass)
    {
        if (mood.Pauses is { } pause)
        {
            pause.HasBegun.Set();
            pause.MayGoOn.Wait();
        }

        if (mood.Throws)
        {
            throw new InvalidOperationException("the mood");
        }

        pass.Input.CopyTo(pass.Output);
    }

    public override void BackwardInput(in LayerPass pass)
    {
        pass.OutputGradient.CopyTo(pass.InputGradient);
        if (mood.Spoils)
        {
            pass.InputGradient[0] = float.NaN;
        }
    }
}
