using Backprop.Shared.Actors;
using Backprop.Shared.Data;
using Backprop.Shared.Gradients;
using Backprop.Shared.Runs;
using Backprop.Shared.Tensors;

namespace Backprop.Worker.Training;

/// <summary>
/// What a worker process computes with: the model and its buffers, the data, the weights, the slots. It outlives a connection. Nothing is
/// allocated in a step whose form has been seen before.
/// </summary>
internal sealed class SpanEngine : IDisposable
{
    /// <summary>How many evaluation blocks a slot computes before the caller may look around.</summary>
    private const int BlocksAtOnce = 8;

    private readonly TensorPool _weightsPool = new();
    private readonly BatchPlan _batches;
    private readonly Dictionary<(int Samples, ShardSpan Span), StepPlan> _plans = [];
    private readonly int _slots;
    private TensorPool _pool = new();
    private FloatBuffer? _ownWeights;
    private FloatBuffer[] _ownVectors = [];
    private FloatBuffer? _vector;
    private FlatVector _reading;
    private GradientStep _step;
    private SlotThreads _threads;
    private StepPlan? _plan;
    private IStepProgress? _progress;
    private int _stepNumber;
    private int _block;
    private int _blocks;
    private bool _completed;
    private bool _isBroken;

    public SpanEngine(PreparedRun run, int slots)
    {
        (Run, _slots) = (run, slots);
        _batches = new BatchPlan(run.File.Seed, run.Data.Train.Count, run.File.Batch);
        Partitions = new PartitionMap(run.Model.Layout);
        (_step, _threads) = Build();
    }

    public PreparedRun Run { get; }

    /// <summary>How often every span is computed, to play a slow worker where scheduling is measured; 1 in earnest.</summary>
    public int Times { get; init; } = 1;

    /// <summary>How the weights and the gradient are cut to travel.</summary>
    public PartitionMap Partitions { get; }

    /// <summary>Where the weights and gradients are; null: in the engine's own memory, which nobody else sees.</summary>
    public SharedRun? Shared { get; set; }

    /// <summary>The flat weights.</summary>
    public FlatVector Weights => (Shared?.Weights ?? (_ownWeights ??= _weightsPool.Rent(Partitions.Length))).Vector;

    /// <summary>The gradient of the span that is being computed, or was.</summary>
    public FlatVector Gradient => _vector!.Vector;

    /// <summary>The loss of the last span, summed over its samples.</summary>
    public double Loss { get; private set; }

    /// <summary>The test part's blocks; null where there is none.</summary>
    public EvaluationPass? Evaluation { get; private set; }

    /// <summary>The run's whole batch.</summary>
    public ShardSpan Root => new(0, Run.File.Shards);

    /// <summary>How many samples the shards of a step have.</summary>
    /// <param name="step">1-based.</param>
    public int SamplesOf(int step, ShardSpan span)
    {
        var samples = _batches.BatchSize(_batches.Locate(step - 1).Step);
        return ShardSpan.PlaceOf(span.End, Run.File.Shards, samples) - ShardSpan.PlaceOf(span.First, Run.File.Shards, samples);
    }

    /// <summary>Gives the shared memory back; what is computed next is in the engine's own.</summary>
    public void StopSharing()
    {
        // Slots of a pass that broke may still be reading.
        Rebuild();
        Shared?.Dispose();
        Shared = null;
    }

    /// <summary>Finds the plan of a span; <see cref="Gradient"/> is then the span's.</summary>
    /// <param name="step">1-based.</param>
    /// <param name="vector">Which vector receives the gradient: of the engine's own two, so that one can be sent while the next is
    /// computed, or of the shared ones.</param>
    public void Begin(int step, ShardSpan span, int vector = 0)
    {
        Rebuild();
        var key = (_batches.BatchSize(_batches.Locate(step - 1).Step), span);
        if (!_plans.TryGetValue(key, out _plan))
        {
            _plans[key] = _plan = StepPlan.ForSpan(key.Item1, Run.File.Shards, _slots, span);
        }

        Loss = 0;
        _vector = Shared is null ? _ownVectors[vector] : Shared.Gradients[vector];
        _step.ReserveForOne(_plan, _vector);
        _stepNumber = step;
    }

    /// <summary>Computes the span of <see cref="Begin"/> on all slots.</summary>
    /// <returns>False where it was abandoned.</returns>
    /// <exception cref="LayerFailedException">
    /// A layer threw. The engine is ready for other work once nothing of <see cref="Gradient"/> is being sent.
    /// </exception>
    public bool Compute(IStepProgress progress)
    {
        (_progress, _completed, Loss) = (progress, false, 0);
        try
        {
            for (var pass = 1; pass < Times; pass++)
            {
                _progress = new Rehearsal(progress);
                Work();
            }

            _progress = progress;
            Work();
        }
        finally
        {
            _progress = null;
        }

        Loss = _completed ? _step.Loss(_plan!) : 0;
        return _completed;
    }

    /// <summary>How many blocks are computed at once, so that the caller may look around between two calls.</summary>
    public int BlocksOfACall => BlocksAtOnce * _slots;

    /// <summary>Computes evaluation blocks, at most <see cref="BlocksOfACall"/>, on all slots.</summary>
    public void Evaluate(int first, int count)
    {
        Rebuild();
        (_block, _blocks) = (first, count);
        Work();
    }

    public void Dispose()
    {
        _threads.Dispose();
        _pool.Dispose();
        _weightsPool.Dispose();
    }

    private (GradientStep Step, SlotThreads Threads) Build()
    {
        var team = new TeamBarrier(_slots);
        var file = Run.File;
        var step = new GradientStep(
            Run.Model, Run.Data.Train, file.Loss, _batches.Batch, file.Shards, _slots, file.Seed, team, _pool, GradientStep.UsualSplitFrom);
        _ownVectors = [step.RentGradient(), step.RentGradient()];
        Evaluation = Run.Data.Test is { Count: > 0 } test
            ? new EvaluationPass(Run.Model, test, file.Loss, Run.Metrics, _slots, _pool)
            : null;
        return (step, new SlotThreads(_slots, team, Perform));
    }

    private void Work()
    {
        try
        {
            // Once for all slots: the first use makes the memory.
            _reading = Weights;
            _threads.Work();
        }
        catch (Exception)
        {
            // Slots that left in the middle are not where they would have to meet.
            _isBroken = true;
            throw;
        }
    }

    /// <summary>New threads, with new buffers; not sooner, because what the old ones hold may still be being sent.</summary>
    private void Rebuild()
    {
        if (_isBroken)
        {
            _threads.Dispose();
            _pool.Dispose();
            _pool = new TensorPool();
            (_step, _threads) = Build();
            _isBroken = false;
        }
    }

    private void Perform(int slot)
    {
        if (_progress is null)
        {
            var (first, end) = (_block + ShardSpan.PlaceOf(slot, _slots, _blocks), _block + ShardSpan.PlaceOf(slot + 1, _slots, _blocks));
            Evaluation!.Compute(slot, first, end - first, _reading);
            return;
        }

        var completed = _step.Compute(slot, _plan!, _batches, _stepNumber - 1, _reading, _progress);
        if (slot == 0)
        {
            _completed = completed;
        }
    }

    /// <summary>A pass whose gradient nobody gets.</summary>
    private sealed class Rehearsal(IStepProgress progress) : IStepProgress
    {
        public bool AwaitWeights(int end) => progress.AwaitWeights(end);

        public bool GradientReady(int start) => true;
    }
}
