using Backprop.Shared.Gradients;
using Backprop.Shared.Tensors;

namespace Backprop.Coordinator.Cluster;

/// <summary>A span's gradient on its way in, or arrived: the flat vector and what was said of it.</summary>
internal sealed class SpanGradient(FloatBuffer vector)
{
    public FloatBuffer Vector { get; } = vector;

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
}

/// <summary>
/// The vectors that receive gradients. They are made when first needed and used again; a step allocates none. Taken and given back by
/// receiving threads and by whoever commits.
/// </summary>
internal sealed class GradientBuffers(TensorPool pool, int length)
{
    private readonly Lock _gate = new();
    private readonly Stack<SpanGradient> _free = new(64);
    private readonly List<SpanGradient> _arrived = new(64);

    /// <summary>A vector for a span that begins to arrive.</summary>
    public SpanGradient Rent()
    {
        lock (_gate)
        {
            return _free.TryPop(out var gradient) ? gradient : new SpanGradient(pool.Rent(length, zeroed: false));
        }
    }

    /// <summary>Takes a vector back.</summary>
    public void Return(SpanGradient gradient)
    {
        lock (_gate)
        {
            _free.Push(gradient);
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
