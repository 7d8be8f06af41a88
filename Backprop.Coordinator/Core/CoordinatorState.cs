using Backprop.Shared.Gradients;

namespace Backprop.Coordinator.Core;

/// <summary>An accepted answer: the worker that computed a span.</summary>
internal readonly record struct AcceptedSpan(WorkerId Worker, ShardSpan Span);

/// <summary>
/// Everything the coordinator remembers: ids, counts and times, no float of a model. Changed in place by
/// <see cref="CoordinatorCore.Advance"/> alone; its arrays are sized once, so that a step allocates nothing.
/// </summary>
internal sealed class CoordinatorState
{
    /// <summary>How many ids of dismissed workers are remembered; the shell closes their sessions, so old ones cannot come back.</summary>
    private const int DismissedMaximum = 64;

    private readonly long[] _reasons = new long[(int)Reason.RunFinished + 1];
    private readonly WorkerId[] _dismissed = new WorkerId[DismissedMaximum];
    private AcceptedSpan[] _answers;
    private AcceptedSpan[] _committedAnswers;
    private int _dismissals;
    private int _answersCount;
    private int _committedAnswersCount;

    private CoordinatorState(Rules rules, int completed)
    {
        Members = new MemberTable(rules.WorkersMaximum);

        // At most one assignment of its own for each shard, and one more for each worker that computes what is late.
        Shards = new UnitTable(isEvaluation: false, rules.Shards, rules.Shards + rules.WorkersMaximum);
        Blocks = new UnitTable(isEvaluation: true, rules.EvaluationBlocks, rules.WorkersMaximum);
        Suspicions = new SuspicionTable(rules.Shards);
        Counts = new int[rules.WorkersMaximum];
        Order = new int[rules.WorkersMaximum];
        Owners = new int[rules.Shards];
        Plan = new PlannedSpan[rules.Shards];
        _answers = new AcceptedSpan[rules.Shards];
        _committedAnswers = new AcceptedSpan[rules.Shards];
        Completed = completed;
        DurableStep = completed > 0 ? completed : -1;
    }

    /// <summary>What the run is doing.</summary>
    public Phase Phase { get; internal set; }

    /// <summary>True once the shell has said so.</summary>
    public bool IsStarted { get; internal set; }

    /// <summary>The latest time it was told. Time given later never goes back behind it.</summary>
    public TimeSpan Now { get; internal set; }

    /// <summary>How many steps are committed.</summary>
    public int Completed { get; internal set; }

    /// <summary>The step that is being computed or committed; otherwise <see cref="Completed"/>.</summary>
    public int Step { get; internal set; }

    /// <summary>Grows with every change of membership.</summary>
    public int Generation { get; internal set; }

    /// <summary>The workers that are there.</summary>
    public MemberTable Members { get; }

    /// <summary>True while fewer workers than the minimum are there, since <see cref="WaitingSince"/>.</summary>
    public bool IsWaiting { get; internal set; }

    /// <summary>When the wait began.</summary>
    public TimeSpan WaitingSince { get; internal set; }

    /// <summary>How many workers were last said to have nothing to do.</summary>
    public int IdleReported { get; internal set; }

    /// <summary>The shards of the step.</summary>
    public UnitTable Shards { get; }

    /// <summary>The blocks of the evaluation.</summary>
    public UnitTable Blocks { get; }

    /// <summary>The spans that are computed a second time.</summary>
    public SuspicionTable Suspicions { get; }

    /// <summary>On whom a layer threw first in this step or evaluation; null: on nobody.</summary>
    public WorkerId? LayerFailedOn { get; internal set; }

    /// <summary>The step that was computed once more because its average was not finite; 0: none yet.</summary>
    public int RecomputedStep { get; internal set; }

    /// <summary>The newest step with a durable checkpoint; -1: none.</summary>
    public int DurableStep { get; internal set; }

    /// <summary>The step whose checkpoint is being written; -1: none.</summary>
    public int CheckpointInFlight { get; internal set; } = -1;

    /// <summary>When the newest checkpoint was begun; before the first, when the run began.</summary>
    public TimeSpan CheckpointBegunAt { get; internal set; }

    /// <summary>What is being written is the best so far.</summary>
    public bool BestInFlight { get; internal set; }

    /// <summary>A checkpoint is due or asked for and could not be begun, or has failed.</summary>
    public bool CheckpointOwed { get; internal set; }

    /// <summary>The newest evaluation was the best, and its weights are to be kept.</summary>
    public bool BestOwed { get; internal set; }

    /// <summary>How many checkpoints failed in a row.</summary>
    public int CheckpointFailures { get; internal set; }

    /// <summary>Before this time a failed checkpoint is not tried again.</summary>
    public TimeSpan CheckpointRetryAt { get; internal set; }

    /// <summary>The run begins with the evaluation that an earlier one had to leave out.</summary>
    public bool EvaluationOwed { get; private init; }

    /// <summary>Somebody wants the run to stop.</summary>
    public bool StopRequested { get; internal set; }

    /// <summary>Somebody wants the run to pause; it does from the next boundary on, when <see cref="Phase"/> says so.</summary>
    public bool PauseRequested { get; internal set; }

    /// <summary>How the run ends, once that is decided; it is over when <see cref="Phase"/> says so.</summary>
    public RunOutcome Outcome { get; internal set; }

    /// <summary>An update spoilt the weights: they must not be written down.</summary>
    public bool WeightsSpoilt { get; internal set; }

    /// <summary>The answers taken for the step that is being computed, in order of arrival.</summary>
    public ReadOnlySpan<AcceptedSpan> Answers => _answers.AsSpan(0, _answersCount);

    /// <summary>The answers of the newest committed step, in order of arrival: what the ledger says of it.</summary>
    public ReadOnlySpan<AcceptedSpan> CommittedAnswers => _committedAnswers.AsSpan(0, _committedAnswersCount);

    /// <summary>Scratch of the plan.</summary>
    internal int[] Counts { get; }

    /// <summary>Scratch of the plan.</summary>
    internal int[] Order { get; }

    /// <summary>Scratch of the plan.</summary>
    internal int[] Owners { get; }

    /// <summary>Scratch of the plan.</summary>
    internal PlannedSpan[] Plan { get; }

    /// <summary>The state before a run, or of one that goes on after so many completed steps.</summary>
    /// <param name="rules">What the run decides by.</param>
    /// <param name="completedSteps">The steps of the checkpoint that the run goes on from; 0: it begins.</param>
    /// <param name="evaluationOwed">
    /// The evaluation that follows those steps was never written down: the run had been stopped while it waited for workers.
    /// </param>
    public static CoordinatorState Start(Rules rules, int completedSteps = 0, bool evaluationOwed = false)
    {
        rules.Validate();
        ArgumentOutOfRangeException.ThrowIfNegative(completedSteps);
        return new CoordinatorState(rules, completedSteps)
        {
            Step = completedSteps,
            EvaluationOwed = evaluationOwed && rules.EvaluatesAfter(completedSteps),
        };
    }

    /// <summary>How many inputs ended for a reason.</summary>
    public long CountOf(Reason reason) => _reasons[(int)reason];

    internal void Note(Reason reason) => _reasons[(int)reason]++;

    internal void AddAnswer(WorkerId worker, ShardSpan span) => _answers[_answersCount++] = new AcceptedSpan(worker, span);

    internal void ClearAnswers() => _answersCount = 0;

    /// <summary>The step's answers become those of the newest committed one.</summary>
    internal void KeepAnswers()
    {
        (_answers, _committedAnswers) = (_committedAnswers, _answers);
        _committedAnswersCount = _answersCount;
        _answersCount = 0;
    }

    internal void AddDismissed(WorkerId worker) => _dismissed[_dismissals++ % DismissedMaximum] = worker;

    internal bool WasDismissed(WorkerId worker) => _dismissed.AsSpan(0, Math.Min(_dismissals, DismissedMaximum)).Contains(worker);
}
