using System.Diagnostics.CodeAnalysis;

namespace Backprop.Tests.Simulation;

/// <summary>
/// Time that passes only when somebody looks at what is next: a queue by (due, sequence). Equal times keep the order in which they were
/// planned, so that a run is the same every time.
/// </summary>
internal sealed class VirtualClock<T>
{
    private readonly PriorityQueue<(T Item, Due Due), Due> _queue = new();
    private long _sequence;

    /// <summary>Microseconds since the beginning.</summary>
    public long Now { get; private set; }

    /// <summary>How many items have come due.</summary>
    public long Passed { get; private set; }

    public void Plan(T item, long due)
    {
        var at = new Due(Math.Max(due, Now), _sequence++);
        _queue.Enqueue((item, at), at);
    }

    /// <summary>Puts the item that has just come due off. It keeps its place among items of the later time.</summary>
    public void Postpone(T item, Due planned, long due)
    {
        var at = planned with { Time = due };
        _queue.Enqueue((item, at), at);
    }

    public bool TryNext([MaybeNullWhen(false)] out T item, out Due due)
    {
        if (!_queue.TryDequeue(out var entry, out due))
        {
            item = default;
            return false;
        }

        item = entry.Item;
        Now = due.Time;
        Passed++;
        return true;
    }
}

/// <summary>When something happens, and its place among what happens at the same time.</summary>
internal readonly record struct Due(long Time, long Sequence) : IComparable<Due>
{
    public int CompareTo(Due other) => Time != other.Time ? Time.CompareTo(other.Time) : Sequence.CompareTo(other.Sequence);
}
