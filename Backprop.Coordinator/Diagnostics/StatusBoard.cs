using Backprop.Coordinator.Core;
using Backprop.Coordinator.Progress;
using Backprop.Coordinator.Storage;
using Backprop.Coordinator.Training;
using Backprop.Shared.Checkpoints;

namespace Backprop.Coordinator.Diagnostics;

/// <summary>
/// Where a coordinator writes what its run does, for a <see cref="StatusReader"/> to read. Writers hold the lock for a few stores and
/// allocate nothing; the reader holds it while it copies. All methods: from any thread.
/// </summary>
/// <remarks>What the run's record is told (steps, checkpoints) comes through <see cref="IProgressDisplay"/>.</remarks>
internal sealed class StatusBoard : IProgressDisplay
{
    /// <summary>The quantiles are of so many steps.</summary>
    public const int StepsKept = 256;

    private const string Starting = "starting";
    private readonly Lock _gate = new();
    private readonly double[] _milliseconds = new double[StepsKept];
    private Phase _corePhase;
    private bool _isWaiting;
    private RunNumbers _now = new() { Phase = Starting, StepLoss = double.NaN, Rate = double.NaN };

    /// <param name="rules">The run's length.</param>
    /// <param name="completed">How many steps it has behind it.</param>
    public StatusBoard(Rules rules, int completed) =>
        (_now.Step, _now.Epoch, _now.CheckpointStep) = (completed, rules.EpochOf(completed), completed);

    /// <summary>What is written about workers.</summary>
    public WorkerBoard Workers { get; } = new();

    /// <summary>The core is in this phase; to be told after every input, for it costs nothing where the phase is the same.</summary>
    /// <param name="phase">The phase.</param>
    /// <param name="isWaiting">There are too few workers: then what was begun waits for them, whatever the phase is called.</param>
    public void Enter(Phase phase, bool isWaiting)
    {
        lock (_gate)
        {
            if (phase == _corePhase && isWaiting == _isWaiting && _now.Phase != Starting)
            {
                return;
            }

            (_corePhase, _isWaiting) = (phase, isWaiting);
            _now.Phase = phase switch
            {
                Phase.Computing or Phase.Evaluating when isWaiting => "waiting",
                Phase.Gathering => "waiting",
                Phase.Computing => "computing",
                Phase.Committing => "committing",
                Phase.Evaluating or Phase.Folding => "evaluating",
                Phase.Holding => "holding",
                Phase.Paused => "paused",
                Phase.Finished => "ending",
            };
        }
    }

    /// <summary>The run is over, as its summary says.</summary>
    public void Ended(RunStatus status)
    {
        lock (_gate)
        {
            _now.Phase = RunStatusWords.Of(status);
        }
    }

    /// <inheritdoc/>
    public void Step(in StepReport step)
    {
        lock (_gate)
        {
            (_now.Step, _now.Epoch, _now.StepLoss, _now.Rate) = (step.Step, step.Epoch, step.Loss, step.Rate);
            _milliseconds[_now.Committed++ % StepsKept] = step.StepMilliseconds;
            _now.Samples += step.Samples;
            _now.Seconds += step.StepMilliseconds / 1000;
        }
    }

    /// <inheritdoc/>
    public void Evaluated(Evaluation evaluation, bool best)
    {
        // The progress has it.
    }

    /// <inheritdoc/>
    public void Durable(long step, string path)
    {
        lock (_gate)
        {
            _now.CheckpointStep = Math.Max(_now.CheckpointStep, step);
        }
    }

    /// <inheritdoc/>
    public void NotDurable(long step, string reason)
    {
        // The newest durable one stays what it was.
    }

    /// <inheritdoc/>
    public void Said(string line)
    {
        // The page shows figures; sentences are the log's.
    }

    /// <inheritdoc/>
    public void Warned(string line)
    {
        // A warning is a sentence too.
    }

    /// <summary>A copy of everything, of one moment.</summary>
    /// <param name="milliseconds">Takes the last <see cref="StepsKept"/> steps, in any order.</param>
    public RunNumbers Copy(double[] milliseconds)
    {
        lock (_gate)
        {
            _milliseconds.CopyTo(milliseconds, 0);
            return _now;
        }
    }
}

/// <summary>What a <see cref="StatusBoard"/> has: all that is one number or one word.</summary>
internal struct RunNumbers
{
    public required string Phase;
    public required double StepLoss;
    public required double Rate;
    public int Step;
    public int Epoch;
    public long CheckpointStep;
    public long Committed;
    public long Samples;
    public double Seconds;
}
