using Backprop.Shared.Gradients;

namespace Backprop.Coordinator.Cluster;

/// <summary>
/// Folds gradients while they arrive. As soon as the spans on their way make up the whole batch, each partition is folded by the thread
/// that received its last part, hidden behind the backward passes that still go on. It is a wager that these spans will be the step's: if
/// one is abandoned, given twice or not finite, the fold is made anew when the step is committed, of what was taken then. The bits are
/// the same either way.
/// </summary>
/// <param name="sweep">Folds blocks and sums their squares.</param>
/// <param name="scratch">Which scratch memory of the sweep is for this.</param>
/// <param name="total">Receives the fold of more than one span.</param>
/// <param name="shards">Shards of a batch.</param>
internal sealed class ArrivalFold(CommitSweep sweep, int scratch, Memory<float> total, int shards)
{
    private readonly Lock _gate = new();
    private readonly List<SpanGradient> _spans = new(shards);
    private readonly Memory<float>[] _leaves = new Memory<float>[shards];
    private readonly ShardSpan[] _nodes = new ShardSpan[shards];
    private readonly int[] _folds = new int[shards];
    private Memory<float> _first;
    private int _count;
    private int _samples = -1;
    private int _folded;
    private bool _isWhole;
    private bool _isLost;
    private bool _isFolding;

    /// <summary>A step begins.</summary>
    /// <param name="samples">Samples of its batch.</param>
    public void Begin(int samples)
    {
        lock (_gate)
        {
            // Whoever comes late begins nothing any more.
            _isLost = true;
        }

        AwaitFold();
        lock (_gate)
        {
            _spans.Clear();
            (_samples, _folded) = (samples, total.Length);
            (_isWhole, _isLost) = (false, false);
        }
    }

    /// <summary>A span's gradient begins to arrive.</summary>
    public void Began(SpanGradient gradient)
    {
        lock (_gate)
        {
            // A span that is computed twice: whose answer counts is not known yet.
            _isLost |= _isWhole;
            _spans.Add(gradient);
        }
    }

    /// <summary>A span's gradient will not become whole, or is of no use.</summary>
    public void Gone(SpanGradient gradient)
    {
        lock (_gate)
        {
            if (_spans.Remove(gradient))
            {
                _isLost |= _isWhole;
            }
        }

        // Its memory may be read until then.
        AwaitFold();
    }

    /// <summary>Elements of a gradient are in, from here to its end.</summary>
    public void Arrived(SpanGradient gradient, int from)
    {
        int to;
        lock (_gate)
        {
            gradient.From = from;
            _isLost |= !gradient.IsFinite;
            if (_isLost || _isFolding || !_spans.Contains(gradient) || !(_isWhole || TryArrange()) || !TryClaim(out from, out to))
            {
                return;
            }

            _isFolding = true;
        }

        var more = true;
        while (more)
        {
            sweep.ReduceRange(scratch, _first, _leaves.AsSpan(0, _count), _folds.AsSpan(0, _count), _samples, from, to);
            lock (_gate)
            {
                _folded = from;
                more = !_isLost && TryClaim(out from, out to);
                _isFolding = more;
            }
        }
    }

    /// <summary>Whether all is folded, of exactly these gradients. Nothing is folded any more until the next step begins.</summary>
    /// <param name="taken">What the step consists of.</param>
    /// <param name="sums">The total.</param>
    public bool TryFinish(List<SpanGradient> taken, out Memory<float> sums)
    {
        while (true)
        {
            AwaitFold();
            lock (_gate)
            {
                if (!_isFolding)
                {
                    var isDone = IsFoldOf(taken);
                    sums = isDone ? _leaves[0] : default;
                    _isLost = true;
                    return isDone;
                }
            }
        }
    }

    private bool IsFoldOf(List<SpanGradient> taken)
    {
        if (!_isWhole || _isLost || _folded > 0 || taken.Count != _spans.Count)
        {
            return false;
        }

        foreach (var gradient in taken)
        {
            if (!_spans.Contains(gradient))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Folds are short; whoever waits for one has nothing else to do.</summary>
    private void AwaitFold()
    {
        var spinner = default(SpinWait);
        while (Volatile.Read(ref _isFolding))
        {
            spinner.SpinOnce();
        }
    }

    /// <summary>What all spans have delivered and nobody has folded.</summary>
    private bool TryClaim(out int from, out int to)
    {
        (from, to) = (0, _folded);
        foreach (var span in _spans)
        {
            from = Math.Max(from, span.From);
        }

        return from < to;
    }

    /// <summary>Puts the spans in order, if together they are the whole batch, each shard once.</summary>
    private bool TryArrange()
    {
        _spans.Sort(static (a, b) => a.Span.First.CompareTo(b.Span.First));
        var (place, next) = (0, 0);
        foreach (var span in _spans)
        {
            // By place, because shards without samples are given to nobody; by number, because one given twice has the same place twice.
            if (span.Span.First < next || ShardSpan.PlaceOf(span.Span.First, shards, _samples) != place)
            {
                return false;
            }

            (place, next) = (ShardSpan.PlaceOf(span.Span.End, shards, _samples), span.Span.End);
        }

        if (place != _samples)
        {
            return false;
        }

        for (var i = 0; i < _spans.Count; i++)
        {
            (_leaves[i], _nodes[i]) = (_spans[i].Vector.Memory, _spans[i].Span);
        }

        (_first, _count) = (_leaves[0], _spans.Count);
        ReductionTree.Program(_nodes.AsSpan(0, _count), new ShardSpan(0, shards), _folds);
        _leaves[0] = _count > 1 ? total : _first;
        _isWhole = true;
        return true;
    }
}
