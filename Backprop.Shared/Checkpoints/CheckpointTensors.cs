using Backprop.Shared.Formats;
using Backprop.Shared.Models;

namespace Backprop.Shared.Checkpoints;

/// <summary>
/// The tensors that a run must not lose, where it keeps them: the flat weights, the optimizer's state as flat vectors of the same layout,
/// and buffers (running statistics). A checkpoint is written from one and read into one; nothing is copied in between.
/// </summary>
internal sealed class CheckpointTensors
{
    /// <summary>What the names of the optimizer's state begin with: <c>optimizer.momentum.layers.0.weight</c>.</summary>
    public const string StatePrefix = "optimizer.";

    private readonly Memory<float>[] _state;

    /// <summary>Views of the given memory.</summary>
    /// <param name="layout">Where the parameters lie in each flat vector.</param>
    /// <param name="weights">The flat weights.</param>
    /// <param name="stateNames">The names of the optimizer's state; none where only weights are of interest.</param>
    /// <param name="state">Their flat vectors, in the same order.</param>
    /// <param name="buffers">What layers keep beside parameters, in order of declaration.</param>
    public CheckpointTensors(
        ParameterLayout layout, Memory<float> weights, IReadOnlyList<string> stateNames, ReadOnlySpan<Memory<float>> state,
        IReadOnlyList<NamedTensor>? buffers = null)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(weights.Length, layout.Length, nameof(weights));
        ArgumentOutOfRangeException.ThrowIfNotEqual(state.Length, stateNames.Count, nameof(state));
        Layout = layout;
        Weights = weights;
        StateNames = stateNames;
        _state = state.ToArray();
        Buffers = buffers ?? [];
        foreach (var vector in _state)
        {
            ArgumentOutOfRangeException.ThrowIfNotEqual(vector.Length, layout.Length, nameof(state));
        }
    }

    /// <summary>Where the parameters lie.</summary>
    public ParameterLayout Layout { get; }

    /// <summary>The flat weights.</summary>
    public Memory<float> Weights { get; }

    /// <summary>The names of the optimizer's state.</summary>
    public IReadOnlyList<string> StateNames { get; }

    /// <summary>The state's flat vectors, in the order of their names.</summary>
    public ReadOnlySpan<Memory<float>> State => _state;

    /// <summary>What layers keep beside parameters.</summary>
    public IReadOnlyList<NamedTensor> Buffers { get; }

    /// <summary>The same tensors in memory of their own, zero at first.</summary>
    public CheckpointTensors AllocateLike()
    {
        var state = new Memory<float>[_state.Length];
        for (var i = 0; i < state.Length; i++)
        {
            state[i] = new float[Layout.Length];
        }

        return new(
            Layout, new float[Layout.Length], StateNames, state, [.. Buffers.Select(b => b with { Values = new float[b.Values.Length] })]);
    }

    /// <summary>Copies all values into tensors of the same layout.</summary>
    public void CopyTo(CheckpointTensors other)
    {
        Weights.Span.CopyTo(other.Weights.Span);
        for (var i = 0; i < _state.Length; i++)
        {
            _state[i].Span.CopyTo(other._state[i].Span);
        }

        for (var i = 0; i < Buffers.Count; i++)
        {
            Buffers[i].Values.Span.CopyTo(other.Buffers[i].Values.Span);
        }
    }

    /// <summary>The parameters, then the buffers, in order of declaration and under their exported names.</summary>
    public IEnumerable<NamedTensor> Model => Layout.Parameters.Select(p => Part(p.FullName, p, Weights)).Concat(Buffers);

    /// <summary>The model's tensors, then the optimizer's state: the order of a checkpoint file.</summary>
    public IEnumerable<NamedTensor> All => Model.Concat(
        StateNames.SelectMany((name, i) => Layout.Parameters.Select(p => Part($"{StatePrefix}{name}.{p.FullName}", p, _state[i]))));

    private static NamedTensor Part(string name, Parameter parameter, Memory<float> flat) =>
        new(name, parameter.Shape, flat.Slice(parameter.Start, parameter.Length));
}
