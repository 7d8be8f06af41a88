using Backprop.Shared.Gradients;

namespace Backprop.Worker.Core;

/// <summary>
/// Everything a worker remembers between two messages: which weights it holds and what it was asked for. Nothing of the mathematics, so
/// that it can be lost at any moment.
/// </summary>
/// <param name="queueMaximum">The most assignments that can wait.</param>
internal sealed class WorkerState(int queueMaximum = 64)
{
    private readonly Assignment[] _queue = new Assignment[queueMaximum];
    private int _count;

    /// <summary>The completed steps of the weights that are here; -1: none.</summary>
    public int Weights { get; internal set; } = -1;

    /// <summary>The newest generation seen.</summary>
    public int Generation { get; internal set; }

    /// <summary>What is being computed, if <see cref="IsComputing"/>.</summary>
    public Assignment Current { get; internal set; }

    /// <summary>True while something is being computed.</summary>
    public bool IsComputing { get; internal set; }

    /// <summary>Nobody wants what is being computed: it was cancelled, or newer weights are here.</summary>
    public bool IsAbandoned { get; internal set; }

    /// <summary>True once it has said that it goes.</summary>
    public bool HasLeft { get; internal set; }

    /// <summary>True once the coordinator has ended it.</summary>
    public bool HasEnded { get; internal set; }

    /// <summary>What waits, in order of arrival.</summary>
    public ReadOnlySpan<Assignment> Queue => _queue.AsSpan(0, _count);

    internal bool TryEnqueue(in Assignment assignment)
    {
        if (_count == _queue.Length)
        {
            return false;
        }

        _queue[_count++] = assignment;
        return true;
    }

    /// <summary>Takes the first whose weights are here.</summary>
    internal bool TryDequeue(out Assignment assignment)
    {
        for (var i = 0; i < _count; i++)
        {
            if (_queue[i].Weights == Weights)
            {
                assignment = _queue[i];
                RemoveAt(i);
                return true;
            }
        }

        assignment = default;
        return false;
    }

    /// <summary>Gives the same shards or blocks, where they wait, their newer number.</summary>
    internal bool TryReplace(in Assignment assignment)
    {
        for (var i = 0; i < _count; i++)
        {
            if (_queue[i].IsSameAs(in assignment))
            {
                _queue[i] = assignment;
                return true;
            }
        }

        return false;
    }

    /// <summary>Forgets the assignment of that number, where it waits.</summary>
    internal bool TryRemove(in Assignment assignment)
    {
        for (var i = 0; i < _count; i++)
        {
            if (_queue[i].IsNumberedAs(in assignment))
            {
                RemoveAt(i);
                return true;
            }
        }

        return false;
    }

    /// <summary>Forgets assignments whose weights have been replaced by newer ones.</summary>
    internal void DropOld()
    {
        var kept = 0;
        for (var i = 0; i < _count; i++)
        {
            if (_queue[i].Weights >= Weights)
            {
                _queue[kept++] = _queue[i];
            }
        }

        _count = kept;
    }

    internal void ClearQueue() => _count = 0;

    private void RemoveAt(int index)
    {
        _count--;
        Array.Copy(_queue, index + 1, _queue, index, _count - index);
    }
}
