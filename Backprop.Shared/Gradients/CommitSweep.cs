using System.Numerics;
using Backprop.Shared.Kernels;
using Backprop.Shared.Models;
using Backprop.Shared.Optimizers;
using Backprop.Shared.Tensors;

namespace Backprop.Shared.Gradients;

/// <summary>
/// From the gradients of a step's spans to its new weights, in two sweeps over blocks of 4,096 elements that never straddle a parameter:
/// <see cref="Reduce"/> folds the gradients and sums their squares, <see cref="Norm"/> is taken, <see cref="Update"/> averages, clips,
/// decays and updates. The blocks are cut into parts, one for each of any number of threads; between the three stands a
/// barrier of the caller's. What is computed for a block depends on that block alone, so the bits do not depend on the parts. Nothing is
/// allocated after construction.
/// </summary>
internal sealed class CommitSweep
{
    private readonly CommitBlocks _blocks;
    private readonly double[] _squares;
    private readonly OptimizerSpec _optimizer;
    private readonly double? _clip;
    private readonly float _decay;
    private readonly Memory<float> _weights;
    private readonly Memory<float>[] _state;
    private readonly Memory<float>[] _scratch;
    private readonly int _length;

    /// <summary>Prepares the sweeps of a run.</summary>
    /// <param name="layout">Where the parameters are.</param>
    /// <param name="optimizer">Makes new weights of averages.</param>
    /// <param name="clip">The limit of the norm, or null.</param>
    /// <param name="weights">The flat weights, updated in place.</param>
    /// <param name="state">The optimizer's state, one flat vector for each of its names, updated in place.</param>
    /// <param name="shards">The run's shards: they bound the depth of the reduction tree.</param>
    /// <param name="partsMax">The most threads that will call, a part each.</param>
    public CommitSweep(
        ParameterLayout layout,
        OptimizerSpec optimizer,
        ClipSpec? clip,
        Memory<float> weights,
        ReadOnlySpan<Memory<float>> state,
        int shards,
        int partsMax)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(weights.Length, layout.Length, nameof(weights));
        ArgumentOutOfRangeException.ThrowIfNotEqual(state.Length, optimizer.StateNames.Count, nameof(state));
        foreach (var vector in state)
        {
            ArgumentOutOfRangeException.ThrowIfNotEqual(vector.Length, layout.Length, nameof(state));
        }

        _blocks = new CommitBlocks(layout);
        _squares = new double[_blocks.Count];
        _optimizer = optimizer;
        _clip = clip?.Norm;
        _decay = optimizer.DecaysWeightsDirectly ? 0 : (float)optimizer.WeightDecay;
        _weights = weights;
        _state = state.ToArray();
        _length = layout.Length;
        var scratch = Math.Max(1, ReductionTree.StackDepth(shards) - 1) * Partition.BlockElements;
        _scratch = [.. Enumerable.Range(0, partsMax).Select(_ => AlignedFloats.Allocate(scratch))];
    }

    /// <summary>
    /// Folds a part of the spans' gradients into the first, and sums the squares of the averages. No average is stored.
    /// </summary>
    /// <param name="part">Which part, 0-based.</param>
    /// <param name="parts">How many there are.</param>
    /// <param name="leaves">
    /// The spans' flat gradient sums in ascending order, at least one. The first receives the total, the others are only read.
    /// </param>
    /// <param name="folds">What <see cref="ReductionTree.Program"/> gave for the spans.</param>
    /// <param name="complete">For each parameter, true where the first leaf already holds the total; empty where none does.</param>
    /// <param name="samples">How many samples the step has.</param>
    public void Reduce(
        int part, int parts, ReadOnlySpan<Memory<float>> leaves, ReadOnlySpan<int> folds, ReadOnlySpan<bool> complete, int samples)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(leaves.Length, 1, nameof(leaves));
        ArgumentOutOfRangeException.ThrowIfNotEqual(folds.Length, leaves.Length, nameof(folds));
        ArgumentOutOfRangeException.ThrowIfLessThan(samples, 1);
        if (BitOperations.IsPow2(samples))
        {
            Reduce(new ByReciprocal(samples), part, parts, leaves, folds, complete);
        }
        else
        {
            Reduce(new ByDivisor(samples), part, parts, leaves, folds, complete);
        }
    }

    /// <summary>The elements of a part: whole blocks, as <see cref="ReduceRange"/> takes them.</summary>
    /// <param name="part">Which part, 0-based.</param>
    /// <param name="parts">How many there are.</param>
    public (int From, int To) RangeOf(int part, int parts) => (StartOf(part, parts), StartOf(part + 1, parts));

    /// <summary>
    /// The same for a range of whole blocks, before all of the gradients are there: what has arrived is folded while the rest is still
    /// computed. The leaves stay as they are, so that a fold can be made anew of other spans.
    /// </summary>
    /// <param name="part">Whose scratch memory is used.</param>
    /// <param name="first">The first span's gradient sum.</param>
    /// <param name="leaves">The total's place, then the other spans' gradient sums; alone, the total is the first span's.</param>
    /// <param name="folds">What <see cref="ReductionTree.Program"/> gave for the spans.</param>
    /// <param name="samples">How many samples the step has.</param>
    /// <param name="from">The first element: a block begins there.</param>
    /// <param name="to">One past the last element: a block begins there, or the vector ends.</param>
    public void ReduceRange(
        int part, Memory<float> first, ReadOnlySpan<Memory<float>> leaves, ReadOnlySpan<int> folds, int samples, int from, int to)
    {
        if (BitOperations.IsPow2(samples))
        {
            ReduceRange(new ByReciprocal(samples), part, first, leaves, folds, from, to);
        }
        else
        {
            ReduceRange(new ByDivisor(samples), part, first, leaves, folds, from, to);
        }
    }

    /// <summary>
    /// The norm of the average: the blocks' sums of squares, added in exported order inside each parameter, then over the parameters in
    /// order, and the root. It is NaN or infinite exactly where some average is: the largest square of a float is below 1.2e77 and there
    /// are fewer than 2^31 of them, so a sum of finite ones stays far below float64's largest, 1.8e308, and squares are never negative,
    /// so infinities do not cancel.
    /// </summary>
    public double Norm()
    {
        double total = 0;
        for (var i = 0; i < _blocks.Count;)
        {
            var parameter = _blocks[i].Parameter;
            double sum = 0;
            for (; i < _blocks.Count && _blocks[i].Parameter == parameter; i++)
            {
                sum += _squares[i];
            }

            total += sum;
        }

        return Math.Sqrt(total);
    }

    /// <summary>Averages, clips, decays and updates a part, in one sweep.</summary>
    /// <param name="part">Which part, 0-based; the same cut as in <see cref="Reduce"/>.</param>
    /// <param name="parts">How many there are.</param>
    /// <param name="sums">The first leaf, after <see cref="Reduce"/>.</param>
    /// <param name="samples">How many samples the step has.</param>
    /// <param name="norm">What <see cref="Norm"/> gave; finite.</param>
    /// <param name="step">The step and its rate.</param>
    /// <returns>True where every new weight of the part is finite; otherwise the run has diverged.</returns>
    public bool Update(int part, int parts, Memory<float> sums, int samples, double norm, in OptimizerStep step)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(sums.Length, _length, nameof(sums));
        ArgumentOutOfRangeException.ThrowIfLessThan(samples, 1);
        var scale = _clip is { } limit ? (float)Math.Min(1, limit / (norm + 1e-6)) : 1;
        return BitOperations.IsPow2(samples)
            ? Update(new AverageOperator<ByReciprocal>(new ByReciprocal(samples), scale), part, parts, sums.Span, step)
            : Update(new AverageOperator<ByDivisor>(new ByDivisor(samples), scale), part, parts, sums.Span, step);
    }

    private int StartOf(int part, int parts) =>
        _blocks.PartStart(part, parts) is var block && block < _blocks.Count ? _blocks[block].Start : _length;

    private void Reduce<TDivision>(
        TDivision division, int part, int parts, ReadOnlySpan<Memory<float>> leaves, ReadOnlySpan<int> folds, ReadOnlySpan<bool> complete)
        where TDivision : struct, IUnaryOperator
    {
        var scratch = _scratch[part].Span;
        var end = _blocks.PartStart(part + 1, parts);
        for (var i = _blocks.PartStart(part, parts); i < end; i++)
        {
            var block = _blocks[i];
            if (leaves.Length > 1 && (complete.IsEmpty || !complete[block.Parameter]))
            {
                BlockFold.Run(leaves, folds, block.Start, block.Length, scratch);
            }

            _squares[i] = SquareSum.Of(division, leaves[0].Span.Slice(block.Start, block.Length));
        }
    }

    private void ReduceRange<TDivision>(
        TDivision division, int part, Memory<float> first, ReadOnlySpan<Memory<float>> leaves, ReadOnlySpan<int> folds, int from, int to)
        where TDivision : struct, IUnaryOperator
    {
        var scratch = _scratch[part].Span;
        for (var i = _blocks.FirstFrom(from); i < _blocks.Count && _blocks[i].Start < to; i++)
        {
            var block = _blocks[i];
            if (leaves.Length > 1)
            {
                first.Span.Slice(block.Start, block.Length).CopyTo(leaves[0].Span[block.Start..]);
                BlockFold.Run(leaves, folds, block.Start, block.Length, scratch);
            }

            _squares[i] = SquareSum.Of(division, leaves[0].Span.Slice(block.Start, block.Length));
        }
    }

    private bool Update<TDivision>(AverageOperator<TDivision> average, int part, int parts, ReadOnlySpan<float> sums, in OptimizerStep step)
        where TDivision : struct, IUnaryOperator
    {
        var scratch = _scratch[part].Span;
        var weights = _weights.Span;
        var finite = true;
        var end = _blocks.PartStart(part + 1, parts);
        for (var i = _blocks.PartStart(part, parts); i < end; i++)
        {
            var block = _blocks[i];
            var blockSums = sums.Slice(block.Start, block.Length);
            var blockWeights = weights.Slice(block.Start, block.Length);
            var gradient = scratch[..block.Length];
            if (_decay > 0)
            {
                Traversal.Binary(new DecayedAverageOperator<TDivision>(average, _decay), blockSums, blockWeights, gradient);
            }
            else
            {
                Traversal.Unary(average, blockSums, gradient);
            }

            _optimizer.Update(step, gradient, blockWeights, new StateBlocks(_state, block.Start, block.Length));
            finite &= FiniteCheck.All(blockWeights);
        }

        return finite;
    }
}
