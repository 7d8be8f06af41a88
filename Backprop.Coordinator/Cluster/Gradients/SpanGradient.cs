using Backprop.Coordinator.Core;
using Backprop.Shared.Gradients;
using Backprop.Shared.Tensors;

namespace Backprop.Coordinator.Cluster.Gradients;

/// <summary>A span's gradient between its announcement and the commit; the <see cref="GradientTable"/> owns it.</summary>
/// <param name="own">The coordinator's vector for one that travels; null: only for those in memory that a worker shares.</param>
internal sealed class SpanGradient(FloatBuffer? own)
{
    private FloatBuffer? _shared;

    /// <summary>Where its elements are: in the coordinator's vector, or in the worker's.</summary>
    public FloatBuffer Buffer => _shared ?? own!;

    /// <summary>It has a vector of the coordinator's.</summary>
    public bool IsOwn => own is not null;

    /// <summary>Which of the worker's vectors; 0 for one that travels.</summary>
    public int Place { get; private set; }

    /// <summary>Who sends it.</summary>
    public WorkerId Worker { get; private set; }

    /// <summary>What it answers.</summary>
    public Assignment Assignment { get; private set; }

    /// <summary>How far it is.</summary>
    public GradientState State { get; set; }

    /// <summary>Elements from here on have arrived: partitions come last first.</summary>
    public int From { get; set; }

    /// <summary>Whether all that has arrived is finite.</summary>
    public bool IsFinite { get; set; }

    /// <summary>The span's loss, summed over its samples; known once it is answered.</summary>
    public double Loss { get; set; }

    /// <summary>The shards whose sum it is.</summary>
    public ShardSpan Span => Assignment.Span;

    /// <summary>It begins to arrive; nothing of it is there yet.</summary>
    /// <param name="shared">The worker's vector that it is in; null: it travels into the coordinator's.</param>
    /// <param name="place">Which one that is.</param>
    public void Begin(WorkerId worker, in Assignment assignment, FloatBuffer? shared, int place)
    {
        (Worker, Assignment, _shared, Place) = (worker, assignment, shared, place);
        (State, From, IsFinite, Loss) = (GradientState.Arriving, Buffer.Length, true, 0);
    }
}

/// <summary>How far a gradient is.</summary>
internal enum GradientState
{
    /// <summary>Parts of it are still to come.</summary>
    Arriving,

    /// <summary>It is whole, and the core has not judged it yet.</summary>
    Answered,

    /// <summary>It is part of the step.</summary>
    Taken,
}
