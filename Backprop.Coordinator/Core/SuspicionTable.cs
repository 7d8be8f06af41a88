using Backprop.Shared.Gradients;

namespace Backprop.Coordinator.Core;

/// <summary>A span whose first answer was not finite, and who gave it.</summary>
internal readonly record struct Suspicion(ShardSpan Span, WorkerId Worker);

/// <summary>
/// The spans of a step that are computed a second time. A span under suspicion is given as it is, never cut otherwise: a sum of other
/// shards may overflow where this one does not, and would accuse the wrong worker.
/// </summary>
internal sealed class SuspicionTable(int capacity)
{
    private readonly Suspicion[] _items = new Suspicion[capacity];

    /// <summary>How many spans are under suspicion.</summary>
    public int Count { get; private set; }

    /// <summary>A suspicion, by age.</summary>
    public Suspicion this[int index] => _items.AsSpan(0, Count)[index];

    public void Add(in Suspicion suspicion) => _items[Count++] = suspicion;

    public void Clear() => Count = 0;

    /// <summary>The place of the suspicion of exactly that span, or -1.</summary>
    public int IndexOf(ShardSpan span)
    {
        for (var i = 0; i < Count; i++)
        {
            if (_items[i].Span == span)
            {
                return i;
            }
        }

        return -1;
    }

    /// <summary>
    /// Forgets what overlaps a span that has been answered. One that was cut otherwise ends without a judgement: what is left of it is
    /// computed like any other shard.
    /// </summary>
    public void ClearOverlapping(ShardSpan span)
    {
        var kept = 0;
        for (var i = 0; i < Count; i++)
        {
            if (!_items[i].Span.Overlaps(span))
            {
                _items[kept++] = _items[i];
            }
        }

        Count = kept;
    }
}
