using Backprop.Shared.Models;
using Backprop.Shared.Optimizers;
using Backprop.Shared.Tensors;

namespace Backprop.Coordinator.Training;

/// <summary>The weights and the optimizer's state: what a checkpoint holds, and all that a run hands from step to step.</summary>
internal sealed class RunWeights : IDisposable
{
    private readonly TensorPool _pool = new();
    private readonly FloatBuffer _weights;

    /// <param name="shared">The weights are where other processes of this machine can read them, if there is such memory.</param>
    public RunWeights(Model model, OptimizerSpec optimizer, bool shared = false)
    {
        Layout = model.Layout;
        Shared = shared ? SharedFloats.TryCreate(Layout.Length, othersWrite: false) : null;
        _weights = Shared?.View(0, Layout.Length) ?? _pool.Rent(Layout.Length);
        StateNames = optimizer.StateNames;
        State = [.. StateNames.Select(_ => _pool.Rent(Layout.Length).Memory)];
    }

    public ParameterLayout Layout { get; }

    /// <summary>The flat weights.</summary>
    public Memory<float> Weights => _weights.Memory;

    /// <summary>Their memory, where others can read it; null: only this process can.</summary>
    public SharedFloats? Shared { get; }

    /// <summary>The flat weights, to be handed on.</summary>
    public FlatVector Vector => _weights.Vector;

    public IReadOnlyList<string> StateNames { get; }

    /// <summary>The optimizer's state, a flat vector for each name.</summary>
    public Memory<float>[] State { get; }

    public void Dispose()
    {
        _pool.Dispose();
        Shared?.Dispose();
    }
}
