using Backprop.Shared.Primitives;

namespace Backprop.Shared.Data;

/// <summary>
/// Which samples make which batch: a pure function of (seed, epoch, step), so that any worker can work out any part of any batch alone.
/// Each epoch is a random order of all samples of its own, cut into batches; the short last one is used as it is.
/// </summary>
public sealed class BatchPlan
{
    private readonly ulong _seed;

    /// <summary>The plan of a run.</summary>
    /// <param name="seed">The run's seed.</param>
    /// <param name="samples">How many samples an epoch has, at least 1.</param>
    /// <param name="batch">How many samples a step has, at least 1; more than there are samples make one step an epoch.</param>
    public BatchPlan(ulong seed, int samples, int batch)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(samples, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(batch, 1);
        _seed = seed;
        Samples = samples;
        Batch = Math.Min(batch, samples);
        StepsPerEpoch = (int)(((long)samples + Batch - 1) / Batch);
    }

    /// <summary>How many samples an epoch has.</summary>
    public int Samples { get; }

    /// <summary>
    /// How many samples a step has, except the last one of an epoch: the batch of the run file, or all samples where those are fewer.
    /// </summary>
    public int Batch { get; }

    /// <summary>How many steps an epoch has.</summary>
    public int StepsPerEpoch { get; }

    /// <summary>How many samples a step of an epoch has.</summary>
    /// <param name="step">The step in its epoch, from 0.</param>
    public int BatchSize(int step)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(step);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(step, StepsPerEpoch);
        return (int)Math.Min(Batch, Samples - ((long)step * Batch));
    }

    /// <summary>The epoch, and the step in it, of a step of the run; all counted from 0.</summary>
    public (int Epoch, int Step) Locate(long step)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(step);
        return (checked((int)(step / StepsPerEpoch)), (int)(step % StepsPerEpoch));
    }

    /// <summary>The sample at one place of an epoch's order.</summary>
    /// <param name="epoch">The epoch, from 0.</param>
    /// <param name="place">The place, in [0, <see cref="Samples"/>).</param>
    public int At(int epoch, int place)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(place);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(place, Samples);
        return Order(epoch).At(place);
    }

    /// <summary>The samples of a whole batch, into the first <see cref="BatchSize"/> elements.</summary>
    /// <param name="epoch">The epoch, from 0.</param>
    /// <param name="step">The step in its epoch, from 0.</param>
    /// <param name="ids">Receives the sample ids; at least as long as the batch.</param>
    /// <returns>How many samples the batch has.</returns>
    public int Fill(int epoch, int step, Span<int> ids)
    {
        var size = BatchSize(step);
        Fill(epoch, step, 0, ids[..size]);
        return size;
    }

    /// <summary>The samples at some places of a batch: those of one span of shards, say.</summary>
    /// <param name="epoch">The epoch, from 0.</param>
    /// <param name="step">The step in its epoch, from 0.</param>
    /// <param name="place">The first place in the batch.</param>
    /// <param name="ids">Receives the sample ids of as many places as it is long.</param>
    public void Fill(int epoch, int step, int place, Span<int> ids)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(place);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(place + (long)ids.Length, BatchSize(step), nameof(place));
        var order = Order(epoch);
        var first = (step * Batch) + place;
        for (var index = 0; index < ids.Length; index++)
        {
            ids[index] = order.At(first + index);
        }
    }

    private Permutation Order(int epoch)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(epoch);
        return new Permutation(_seed, RandomPurpose.Shuffle, (ulong)epoch, Samples);
    }
}
