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

    /// <summary>What is being computed will not be sent.</summary>
    public bool IsCurrentCancelled { get; internal set; }

    /// <summary>True once it has been told to leave.</summary>
    public bool HasLeft { get; internal set; }

    /// <summary>What waits, in order of arrival.</summary>
    public ReadOnlySpan<Assignment> Queue => _queue.AsSpan(0, _count);

    internal void Replace(int index, in Assignment work) => _queue[index] = work;

    internal bool TryEnqueue(in Assignment work)
    {
        if (_count == _queue.Length)
        {
            return false;
        }

        _queue[_count++] = work;
        return true;
    }

    internal void RemoveAt(int index)
    {
        _count--;
        Array.Copy(_queue, index + 1, _queue, index, _count - index);
    }

    /// <summary>Forgets work whose weights have been replaced by newer ones.</summary>
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
}
