using Backprop.Coordinator.Core;
using Backprop.Shared.Gradients;

namespace Backprop.Coordinator.Cluster.Gradients;

/// <summary>
/// Folds gradients while they arrive. As soon as the spans on their way make up the whole batch, each partition is folded by the thread
/// that received its last part, hidden behind the backward passes that still go on. It is a wager that these spans will be the step's: if
/// one is abandoned, given twice or not finite, the fold is made anew when the step is committed, of what was taken then. The bits are
/// the same either way.
/// </summary>
/// <remarks>
/// All methods but <see cref="Reduce"/> and <see cref="Await"/> are called under the lock of the <see cref="GradientTable"/>.
/// </remarks>
/// <param name="sweep">Folds blocks and sums their squares.</param>
/// <param name="scratch">Which scratch memory of the sweep is for this.</param>
/// <param name="total">Receives the fold of more than one span.</param>
/// <param name="shards">Shards of a batch.</param>
internal sealed class ArrivalFold(CommitSweep sweep, int scratch, Memory<float> total, int shards)
{
    private readonly SpanGradient[] _wager = new SpanGradient[shards];
    private readonly Memory<float>[] _leaves = new Memory<float>[shards];
    private readonly ShardSpan[] _nodes = new ShardSpan[shards];
    private readonly int[] _folds = new int[shards];
    private Memory<float> _first;
    private int _count;
    private int _step;
    private int _samples = -1;
    private int _folded;
    private bool _isWhole;
    private bool _isLost = true;
    private bool _isFolding;

    /// <summary>A step begins; no fold goes on.</summary>
    /// <param name="samples">Samples of its batch.</param>
    public void Begin(int step, int samples)
    {
        (_step, _samples, _folded, _count) = (step, samples, total.Length, 0);
        (_isWhole, _isLost) = (false, false);
    }

    /// <summary>Elements are being folded.</summary>
    public bool IsFolding => _isFolding;

    /// <summary>No fold begins any more, and none goes on beyond what is being folded now.</summary>
    public void Stop() => _isLost = true;

    /// <summary>A gradient begins to arrive. Beside a whole batch it is of a span computed twice: whose answer counts is unknown.</summary>
    public void Opened(SpanGradient gradient) => _isLost |= _isWhole && IsOfStep(gradient);

    /// <summary>A gradient will not become whole, or is of no use.</summary>
    public void Gone(SpanGradient gradient) => _isLost |= _isWhole && IsOfStep(gradient);

    /// <summary>Whether the caller shall fold now, because a gradient's elements have arrived.</summary>
    /// <param name="gradient">What has arrived.</param>
    /// <param name="all">All gradients that there are.</param>
    /// <param name="from">The first element that all have delivered and nobody has folded.</param>
    /// <param name="to">One past the last.</param>
    public bool TryBegin(
        SpanGradient gradient,
        Dictionary<(WorkerId Worker, Assignment Assignment), SpanGradient>.ValueCollection all,
        out int from,
        out int to)
    {
        (from, to) = (0, 0);
        _isLost |= IsOfStep(gradient) && !gradient.IsFinite;
        if (_isLost || _isFolding || !IsOfStep(gradient) || !(_isWhole || TryArrange(all)) || !TryClaim(out from, out to))
        {
            return false;
        }

        _isFolding = true;
        return true;
    }

    /// <summary>Folds elements; without the lock.</summary>
    public void Reduce(int from, int to) =>
        sweep.ReduceRange(scratch, _first, _leaves.AsSpan(0, _count), _folds.AsSpan(0, _count), _samples, from, to);

    /// <summary>Elements have been folded; whether the caller shall fold more.</summary>
    public bool TryGoOn(ref int from, ref int to)
    {
        _folded = from;
        return _isFolding = !_isLost && TryClaim(out from, out to);
    }

    /// <summary>Waits for a fold that goes on; without the lock. Folds are short, and whoever waits has nothing else to do.</summary>
    public void Await()
    {
        var spinner = default(SpinWait);
        while (Volatile.Read(ref _isFolding))
        {
            spinner.SpinOnce();
        }
    }

    /// <summary>Whether everything is folded, of exactly what was taken.</summary>
    /// <param name="taken">How many gradients make up the step.</param>
    /// <param name="sums">The total, if so.</param>
    public bool TryFinish(int taken, out Memory<float> sums)
    {
        var isDone = _isWhole && !_isLost && _folded == 0 && taken == _count;
        for (var i = 0; i < _count && isDone; i++)
        {
            isDone = _wager[i].State == GradientState.Taken;
        }

        sums = isDone ? _leaves[0] : default;
        _isLost = true;
        return isDone;
    }

    private bool IsOfStep(SpanGradient gradient) => gradient.Assignment.Step == _step;

    /// <summary>What all spans have delivered and nobody has folded.</summary>
    private bool TryClaim(out int from, out int to)
    {
        (from, to) = (0, _folded);
        for (var i = 0; i < _count; i++)
        {
            from = Math.Max(from, _wager[i].From);
        }

        return from < to;
    }

    /// <summary>Puts the spans of the step in order, if together they are the whole batch, each shard once.</summary>
    private bool TryArrange(Dictionary<(WorkerId Worker, Assignment Assignment), SpanGradient>.ValueCollection all)
    {
        _count = 0;
        foreach (var gradient in all)
        {
            if (IsOfStep(gradient) && !TryInsert(gradient))
            {
                return false;
            }
        }

        var (place, next) = (0, 0);
        for (var i = 0; i < _count; i++)
        {
            // By place, because shards without samples are given to nobody; by number, because one given twice has the same place twice.
            var span = _wager[i].Span;
            if (span.First < next || ShardSpan.PlaceOf(span.First, shards, _samples) != place)
            {
                return false;
            }

            (place, next) = (ShardSpan.PlaceOf(span.End, shards, _samples), span.End);
        }

        if (place != _samples)
        {
            return false;
        }

        for (var i = 0; i < _count; i++)
        {
            (_leaves[i], _nodes[i]) = (_wager[i].Buffer.Memory, _wager[i].Span);
        }

        _first = _leaves[0];
        ReductionTree.Program(_nodes.AsSpan(0, _count), new ShardSpan(0, shards), _folds);
        _leaves[0] = _count > 1 ? total : _first;
        return _isWhole = true;
    }

    /// <summary>Keeps a gradient by the place of its span; false where there are more of them than shards.</summary>
    private bool TryInsert(SpanGradient gradient)
    {
        if (_count == shards)
        {
            return false;
        }

        var place = _count++;
        for (; place > 0 && _wager[place - 1].Span.First > gradient.Span.First; place--)
        {
            _wager[place] = _wager[place - 1];
        }

        _wager[place] = gradient;
        return true;
    }
}
