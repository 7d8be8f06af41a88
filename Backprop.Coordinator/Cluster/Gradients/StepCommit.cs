using Backprop.Coordinator.Core;
using Backprop.Coordinator.Training;
using Backprop.Shared.Gradients;
using Backprop.Shared.Optimizers;
using Backprop.Shared.Tensors;

namespace Backprop.Coordinator.Cluster.Gradients;

/// <summary>
/// What becomes of a step's gradients: those that the core took are folded up the tree, averaged, and become the new weights. Large models
/// are swept by several threads; no bit depends on how many.
/// </summary>
internal sealed class StepCommit : IDisposable
{
    /// <summary>Below so many elements a sweep is over before a sleeping thread has woken.</summary>
    private const int AloneBelow = 1 << 18;

    private readonly RunSetup _setup;
    private readonly RunWeights _weights;
    private readonly PublishedWeights _published;
    private readonly TimeProvider _time;
    private readonly CommitSweep _sweep;
    private readonly CommitTeam _team;
    private readonly ShardSpan _root;
    private readonly Memory<float>[] _leaves;
    private readonly ShardSpan[] _spans;
    private readonly int[] _folds;
    private readonly double[] _losses;
    private readonly bool[] _finite;
    private readonly bool _alone;
    private readonly Memory<float> _total;
    private Memory<float> _first;
    private Memory<float> _sums;
    private OptimizerStep _update;
    private bool _updating;

    /// <param name="published">The same weights as they are sent; told when they change.</param>
    /// <param name="completed">How many steps the run has behind it.</param>
    /// <param name="threads">How many share a large sweep.</param>
    /// <param name="pool">For gradients, and the vector that they are folded into while they arrive.</param>
    public StepCommit(
        RunSetup setup, RunWeights weights, PublishedWeights published, int completed, int threads, TensorPool pool, TimeProvider time)
    {
        var (layout, shards) = (weights.Layout, setup.Rules.Shards);
        (_setup, _weights, _published, _time) = (setup, weights, published, time);
        _root = new ShardSpan(0, shards);
        _sweep = new CommitSweep(layout, setup.Optimizer, setup.Clip, weights.Weights, weights.State, shards, threads + 1);
        _team = new CommitTeam(threads, Sweep);
        _alone = layout.Length < AloneBelow;
        _total = pool.Rent(layout.Length, zeroed: false).Memory;
        Gradients = new GradientTable(
            new GradientBuffers(pool, layout.Length), new ArrivalFold(_sweep, threads, _total, shards), shards, completed);
        _leaves = new Memory<float>[shards];
        _spans = new ShardSpan[shards];
        _folds = new int[shards];
        _losses = new double[shards];
        _finite = new bool[threads];
    }

    /// <summary>The gradients that are on their way, whole, or part of the step.</summary>
    public GradientTable Gradients { get; }

    /// <summary>Samples of the step's batch.</summary>
    public int Samples { get; private set; }

    /// <summary>The step's loss, summed over its samples; after <see cref="Make"/>.</summary>
    public double Loss { get; private set; }

    /// <summary>The norm of the averaged gradient, before clipping; after <see cref="Make"/>.</summary>
    public double Norm { get; private set; }

    /// <summary>A step begins; what the one before consisted of is not looked at any more.</summary>
    public void Begin(int step, int samples)
    {
        Samples = samples;
        Gradients.BeginStep(step, samples);
    }

    /// <summary>How the weights were updated.</summary>
    public OptimizerStep Change { get; private set; }

    /// <summary>When the last gradient was there, as a timestamp.</summary>
    public long Computed { get; private set; }

    /// <summary>When the gradients were folded, as a timestamp.</summary>
    public long Reduced { get; private set; }

    /// <summary>Folds what was taken, and makes the new weights of it where its norm is finite.</summary>
    public CommitOutcome Make(int step)
    {
        Computed = _time.GetTimestamp();
        Fold();
        Reduced = _time.GetTimestamp();
        Change = _setup.UpdateOf(step);
        if (!double.IsFinite(Norm))
        {
            return CommitOutcome.GradientNotFinite;
        }

        Gradients.CloseStep();
        _published.BeginUpdate();
        var finite = Update(Change);
        _published.EndUpdate();
        return finite ? CommitOutcome.Committed : CommitOutcome.WeightsNotFinite;
    }

    /// <summary>Makes one sum of the gradients that were taken, if that was not done while they arrived.</summary>
    private void Fold()
    {
        var taken = Gradients.Taken;
        taken.Sort(static (a, b) => a.Span.First.CompareTo(b.Span.First));
        for (var i = 0; i < taken.Count; i++)
        {
            (_leaves[i], _spans[i], _losses[i]) = (taken[i].Buffer.Memory, taken[i].Span, taken[i].Loss);
        }

        ReductionTree.Program(_spans.AsSpan(0, taken.Count), _root, _folds);
        Loss = ReductionTree.Fold(_losses, _folds.AsSpan(0, taken.Count));
        if (!Gradients.TryFinishFold(out _sums))
        {
            // The leaves stay as they are: one may be in memory that a worker sees.
            (_first, _updating) = (_leaves[0], false);
            _leaves[0] = taken.Count > 1 ? _total : _first;
            _team.Run(_alone);
            _sums = _leaves[0];
        }

        Norm = _sweep.Norm();
    }

    /// <summary>Makes the new weights of the sum.</summary>
    /// <returns>Whether all of them are finite.</returns>
    private bool Update(OptimizerStep update)
    {
        (_update, _updating) = (update, true);
        _finite.AsSpan().Fill(true);
        _team.Run(_alone);
        return Array.IndexOf(_finite, false) < 0;
    }

    /// <summary>Where the step's first value is that is not finite: an answered span's gradient, the fold's, or a weight.</summary>
    /// <param name="worker">Whose answer showed it.</param>
    /// <param name="shown">What that answered; of no shards where the update showed it.</param>
    public string FirstNotFinite(WorkerId worker, in Assignment shown)
    {
        var layout = _weights.Layout;
        if (Gradients.Find(worker, in shown) is { } answered)
        {
            return FiniteCheck.FirstNonFinite(layout, answered.Buffer.Values) is { } own
                ? $"the gradient of {own.FullName}"
                : $"the loss of shards {answered.Span}";
        }

        var spoilt = double.IsFinite(Norm) ? FiniteCheck.FirstNonFinite(layout, _weights.Weights.Span) : null;
        if (spoilt is not null)
        {
            return $"{spoilt.FullName} after its update";
        }

        return Gradients.Taken.Count > 0 && FiniteCheck.FirstNonFinite(layout, _sums.Span) is { } sum
            ? $"the gradient of {sum.FullName}"
            : "the averaged gradient";
    }

    public void Dispose() => _team.Dispose();

    private void Sweep(int part, int parts)
    {
        var count = Gradients.Taken.Count;
        if (_updating)
        {
            _finite[part] = _sweep.Update(part, parts, _sums, Samples, Norm, _update);
        }
        else
        {
            var (from, to) = _sweep.RangeOf(part, parts);
            _sweep.ReduceRange(part, _first, _leaves.AsSpan(0, count), _folds.AsSpan(0, count), Samples, from, to);
        }
    }
}
