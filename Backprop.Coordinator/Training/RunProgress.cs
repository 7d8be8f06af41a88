using Backprop.Coordinator.Core;
using Backprop.Shared.Checkpoints;

namespace Backprop.Coordinator.Training;

/// <summary>
/// How far a run is, how good and how fast: what the log, the status page, the checkpoints and the summary say of it, so that they agree.
/// Written by the run's recorder, read from any thread.
/// </summary>
internal sealed class RunProgress
{
    private readonly Lock _gate = new();
    private readonly Rules _rules;
    private readonly EpochLoss _loss;
    private readonly RecentThroughput _recent;
    private int _step;
    private Evaluation? _last;
    private Evaluation? _best;

    /// <param name="rules">The run's length.</param>
    /// <param name="time">The clock.</param>
    public RunProgress(Rules rules, TimeProvider time) =>
        (_rules, _loss, _recent) = (rules, new EpochLoss(), new RecentThroughput(time));

    /// <summary>Who takes part, and for how many the run waits.</summary>
    public Attendance Attendance { get; } = new();

    /// <summary>How many steps are committed.</summary>
    public int Step => Volatile.Read(ref _step);

    /// <summary>The loss of the run so far; see <see cref="EpochLoss"/>.</summary>
    public double Loss
    {
        get
        {
            lock (_gate)
            {
                return _loss.Value;
            }
        }
    }

    /// <summary>The mean loss of the epoch that goes on; at its beginning, that of the one before.</summary>
    public double NewestLoss
    {
        get
        {
            lock (_gate)
            {
                return _loss.Samples > 0 ? _loss.SoFar : _loss.LastEpoch;
            }
        }
    }

    /// <summary>Samples per second at this moment; 0 while the run waits or pauses.</summary>
    public double SamplesPerSecond
    {
        get
        {
            lock (_gate)
            {
                return Attendance.StandsStill ? 0 : _recent.SamplesPerSecond();
            }
        }
    }

    /// <summary>How long the rest of the run will take at this moment's speed; NaN where that cannot be told.</summary>
    public double SecondsLeft
    {
        get
        {
            lock (_gate)
            {
                var left = _rules.SamplesAfter(_step);
                var speed = Attendance.StandsStill ? 0 : _recent.SamplesPerSecond();
                return left == 0 ? 0 : speed > 0 ? left / speed : double.NaN;
            }
        }
    }

    /// <summary>The newest evaluation; null before the first.</summary>
    public Evaluation? Last
    {
        get
        {
            lock (_gate)
            {
                return _last;
            }
        }
    }

    /// <summary>The best evaluation by the first metric; null before the first.</summary>
    public Evaluation? Best
    {
        get
        {
            lock (_gate)
            {
                return _best;
            }
        }
    }

    /// <summary>The run goes on from a checkpoint, or begins.</summary>
    public void Begin(Checkpoint start)
    {
        lock (_gate)
        {
            _step = (int)start.Step;
            _loss.Resume(start.Loss, start.EpochLossSum, start.EpochSamples);
            (_last, _best) = (start.LastEvaluation, start.BestEvaluation);
            _recent.Begin();
        }
    }

    /// <summary>A step is committed. Allocates nothing.</summary>
    public void Committed(in StepReport step)
    {
        lock (_gate)
        {
            _step = step.Step;
            _loss.Add(step.Loss, step.Samples, endsEpoch: step.Step % _rules.StepsPerEpoch == 0);
            _recent.Add(step.Samples);
        }
    }

    /// <summary>An evaluation is complete.</summary>
    public void Evaluated(Evaluation evaluation, bool best)
    {
        lock (_gate)
        {
            _last = evaluation;
            _best = best ? evaluation : _best;
        }
    }

    /// <summary>
    /// So many workers take part; the speed is measured anew after a wait or a pause. Costs nothing where that is not news.
    /// </summary>
    /// <param name="needed">For how many the run waits; 0 where they are enough.</param>
    /// <param name="isPaused">The run pauses.</param>
    public void Attended(int present, int needed, bool isPaused = false)
    {
        var stoodStill = Attendance.StandsStill;
        if (Attendance.Is(present, needed, isPaused) && stoodStill && !Attendance.StandsStill)
        {
            lock (_gate)
            {
                _recent.Begin();
            }
        }
    }

    /// <summary>Puts into a checkpoint what a resumed run must know of the steps behind it.</summary>
    public Checkpoint Into(Checkpoint checkpoint)
    {
        lock (_gate)
        {
            return checkpoint with
            {
                Loss = _loss.LastEpoch,
                EpochLossSum = _loss.Sum,
                EpochSamples = _loss.Samples,
                LastEvaluation = _last,
                BestEvaluation = _best,
            };
        }
    }
}
