using Backprop.Shared.Gradients;
using Backprop.Shared.Tensors;

namespace Backprop.Coordinator.Cluster;

/// <summary>A span's gradient on its way in, or arrived: the flat vector and what was said of it.</summary>
/// <param name="own">The coordinator's vector for one that travels; null: only for those in memory that a worker shares.</param>
internal sealed class SpanGradient(FloatBuffer? own)
{
    private FloatBuffer? _shared;

    /// <summary>The coordinator's own, or the worker's.</summary>
    public FloatBuffer Vector => _shared ?? own!;

    /// <summary>Which of the worker's vectors; 0 for one that travels.</summary>
    public int Place { get; set; }

    /// <summary>Who sends it.</summary>
    public int Worker { get; set; }

    public int Step { get; set; }

    public ShardSpan Span { get; set; }

    public int Attempt { get; set; }

    /// <summary>Elements from here on have arrived: partitions come last first.</summary>
    public int From { get; set; }

    /// <summary>Whether all that has arrived is finite.</summary>
    public bool IsFinite { get; set; }

    /// <summary>The span's loss, summed over its samples.</summary>
    public double Loss { get; set; }

    /// <summary>It has a vector of the coordinator's.</summary>
    public bool IsOwn => own is not null;

    /// <summary>Takes place in a worker's vector.</summary>
    public void Over(FloatBuffer? shared) => _shared = shared;
}

/// <summary>
/// The vectors that receive gradients, and views of those that workers share. They are made when first needed and used again; a step
/// allocates none. Taken and given back by receiving threads and by whoever commits.
/// </summary>
internal sealed class GradientBuffers(TensorPool pool, int length)
{
    private readonly Lock _gate = new();
    private readonly Stack<SpanGradient> _free = new(64);
    private readonly Stack<SpanGradient> _freeViews = new(64);
    private readonly List<SpanGradient> _arrived = new(64);

    /// <summary>A vector for a span that begins to arrive.</summary>
    /// <param name="shared">Where it is already; null: one of the coordinator's receives it.</param>
    public SpanGradient Rent(FloatBuffer? shared)
    {
        lock (_gate)
        {
            if (shared is null)
            {
                return _free.TryPop(out var gradient) ? gradient : new SpanGradient(pool.Rent(length, zeroed: false));
            }

            var view = _freeViews.TryPop(out var used) ? used : new SpanGradient(null);
            view.Over(shared);
            return view;
        }
    }

    /// <summary>Takes a vector back.</summary>
    public void Return(SpanGradient gradient)
    {
        lock (_gate)
        {
            (gradient.IsOwn ? _free : _freeViews).Push(gradient);
        }
    }

    /// <summary>Keeps a whole gradient until the core has judged it.</summary>
    public void Arrived(SpanGradient gradient)
    {
        lock (_gate)
        {
            _arrived.Add(gradient);
        }
    }

    /// <summary>Finds what a worker answered; it is then the caller's to keep or to return.</summary>
    public SpanGradient? Claim(int worker, int step, int attempt)
    {
        lock (_gate)
        {
            for (var i = 0; i < _arrived.Count; i++)
            {
                if (_arrived[i].Worker == worker && _arrived[i].Step == step && _arrived[i].Attempt == attempt)
                {
                    var found = _arrived[i];
                    _arrived.RemoveAt(i);
                    return found;
                }
            }
        }

        return null;
    }
}
