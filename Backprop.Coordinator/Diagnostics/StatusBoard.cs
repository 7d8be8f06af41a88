using Backprop.Coordinator.Core;
using Backprop.Coordinator.Embedded;
using Backprop.Coordinator.Progress;
using Backprop.Coordinator.Storage;
using Backprop.Coordinator.Training;
using Backprop.Shared.Checkpoints;

namespace Backprop.Coordinator.Diagnostics;

/// <summary>
/// Where a coordinator writes what it does, and where the status page reads it. Writers hold the lock for a few stores and allocate
/// nothing once a worker is known; a reader holds it while it copies, and reckons afterwards. All methods: from any thread.
/// </summary>
/// <remarks>
/// What the run's record is told (steps, evaluations, checkpoints) comes through <see cref="IProgressDisplay"/>; what is known of the
/// workers through the methods of <c>StatusBoard.Workers.cs</c>. Bytes and the last sign of life are read from a worker's link when
/// somebody looks, so that no frame pays for them.
/// </remarks>
internal sealed partial class StatusBoard : IStatusSource, IProgressDisplay
{
    private const int StepsKept = 256;
    private const string Starting = "starting";
    private readonly Lock _gate = new();
    private readonly string _run;
    private readonly string _identity;
    private readonly Rules _rules;
    private readonly RunProgress _progress;
    private readonly TimeProvider _time;
    private readonly double[] _milliseconds = new double[StepsKept];
    private Phase _corePhase;
    private bool _isWaiting;
    private Numbers _now = new() { Phase = Starting, StepLoss = double.NaN, Rate = double.NaN };

    /// <param name="run">The run's name.</param>
    /// <param name="identity">Its identity, as people see it.</param>
    /// <param name="rules">Its length, and the bounds on its workers.</param>
    /// <param name="completed">How many steps it has behind it.</param>
    /// <param name="progress">How far, how good and how fast it is.</param>
    /// <param name="time">The clock whose time stamps the links keep.</param>
    public StatusBoard(string run, string identity, Rules rules, int completed, RunProgress progress, TimeProvider time)
    {
        (_run, _identity, _rules, _progress, _time) = (run, identity, rules, progress, time);
        (_now.Step, _now.Epoch, _now.CheckpointStep) = (completed, EpochsAfter(completed), completed);
    }

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
            _progress.Waits(isWaiting);
            _now.Phase = phase switch
            {
                Phase.Computing or Phase.Evaluating when isWaiting => "waiting",
                Phase.Gathering => "waiting",
                Phase.Computing => "computing",
                Phase.Committing => "committing",
                Phase.Evaluating or Phase.Folding => "evaluating",
                Phase.Holding => "holding",
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
        // Likewise.
    }

    private int EpochsAfter(int steps) => (int)(((long)steps + _rules.StepsPerEpoch - 1) / _rules.StepsPerEpoch);

    /// <summary>All that is one number or one reference: copied as one.</summary>
    private struct Numbers
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
        public long Joined;
        public long Lost;
        public long Again;
        public long Dropped;
        public long GoneSent;
        public long GoneReceived;
    }
}
