using System.Globalization;
using Backprop.Coordinator.Cluster.Gradients;
using Backprop.Coordinator.Cluster.Links;
using Backprop.Coordinator.Core;
using Backprop.Coordinator.Shell;
using Backprop.Shared.Gradients;
using Backprop.Shared.Primitives;
using Backprop.Shared.Protocol;

namespace Backprop.Coordinator.Cluster;

/// <summary>Performs the core's effects on worker processes: orders and weights to their connections, gradients into the weights.</summary>
internal sealed class ClusterShell : ICoordinatorShell
{
    /// <summary>How long it may take to tell a worker that it has to go.</summary>
    private static readonly TimeSpan GoodbyeLimit = TimeSpan.FromSeconds(1);

    private readonly Rules _rules;
    private readonly CoreMailbox _core;
    private readonly StepCommit _commit;
    private readonly EvaluationResults _results;
    private readonly WorkerRegistry _registry;
    private readonly ClusterNarrator _narrator;
    private readonly RecordKeeper _record;
    private readonly RunningClock _clock;
    private readonly List<WorkerLink> _pending = new(64);
    private readonly HashSet<WorkerLink> _isPending = new(64);

    public ClusterShell(
        Rules rules, CoreMailbox core, StepCommit commit, EvaluationResults results, WorkerRegistry registry, ClusterNarrator narrator,
        RecordKeeper record, RunningClock clock)
    {
        (_rules, _core, _commit, _results) = (rules, core, commit, results);
        (_registry, _narrator, _record, _clock) = (registry, narrator, record, clock);
    }

    /// <summary>How the run ended.</summary>
    public RunOutcome Outcome { get; private set; }

    /// <inheritdoc/>
    public TimeSpan Now => _clock.Now;

    /// <inheritdoc/>
    public void Receives(in Input input)
    {
        _narrator.Receives(in input);
        if (_clock.TakeGap() is { Ticks: > 0 } gap)
        {
            _record.Clock.DidNotRun(gap);
            _narrator.DidNotRun(gap);
        }
    }

    /// <inheritdoc/>
    public void Decided(in Input input, Reason reason)
    {
        _record.Attended();
        _narrator.Decided(in input, reason);
        if (reason == Reason.LayerFailed)
        {
            _record.Fail(new UserException(ExitCode.Unexpected, _narrator.FailureOf(input.Worker)));
        }
    }

    /// <inheritdoc/>
    public void Performed(in Input input)
    {
        if (input.Kind == InputKind.SpanAnswered)
        {
            _commit.Gradients.DropIfNotTaken(input.Worker, input.Assignment);
        }
        else if (input.Kind == InputKind.BlocksAnswered)
        {
            _results.DropIfNotTaken(input.Worker, input.Assignment);
        }

        foreach (var link in _pending)
        {
            link.Flush();
        }

        _pending.Clear();
        _isPending.Clear();
    }

    /// <inheritdoc/>
    public bool TryEndAfter(Exception exception)
    {
        // The run ends with it, and not a receiving thread without a word.
        _record.Fail(exception);
        Outcome = RunOutcome.Failed;
        return true;
    }

    /// <inheritdoc/>
    public void SendFirstWeights(WorkerId worker, int completed) => Publish(worker, completed);

    /// <inheritdoc/>
    public void Refuse(WorkerId worker) =>
        SendAway(worker, FrameKind.Refusal, ExitCode.TooFewWorkers, "there is no place for another worker");

    /// <inheritdoc/>
    public void Dismiss(WorkerId worker, int strikes)
    {
        _narrator.Dismissed(worker);
        _registry.Dismiss(worker);
        SendAway(
            worker,
            FrameKind.Dismissed,
            ExitCode.Dismissed,
            $"{strikes} of its gradients were not finite where others' were; look at this machine's memory");
    }

    /// <inheritdoc/>
    public void BeginStep(int step, int samples)
    {
        _narrator.BeginStep();
        _commit.Begin(step, samples);
        _registry.ForgetTheGone();
        _record.BeginStep();
    }

    /// <inheritdoc/>
    public void Assign(WorkerId worker, in Assignment assignment, int generation)
    {
        _narrator.Given(worker, in assignment);
        Order(worker, assignment.IsEvaluation ? FrameKind.AssignBlocks : FrameKind.AssignSpan, in assignment, generation);
    }

    /// <inheritdoc/>
    public void Cancel(WorkerId worker, in Assignment assignment, int generation) =>
        Order(worker, FrameKind.Cancel, in assignment, generation);

    /// <inheritdoc/>
    public void TakeGradient(WorkerId worker, in Assignment assignment)
    {
        _commit.Gradients.Take(worker, in assignment);
        _narrator.Taken(worker, in assignment);
    }

    /// <inheritdoc/>
    public void Commit(int step, int samples)
    {
        var outcome = _commit.Make(step);
        _record.ReportUpdate(
            step, samples, _commit.Loss, _commit.Change, _commit.Norm, _commit.Computed, _commit.Reduced, outcome);
    }

    /// <inheritdoc/>
    public void PublishWeights(int completed)
    {
        var members = _core.State.Members;
        for (var i = 0; i < members.Count; i++)
        {
            if (members[i].Welcomed)
            {
                Publish(members[i].Id, completed);
            }
        }
    }

    /// <inheritdoc/>
    public void AppendLedger(int step, int samples) => _record.AppendLedger();

    /// <inheritdoc/>
    public void BeginEvaluation(int completed, int blocks) => _record.BeginEvaluation();

    /// <inheritdoc/>
    public void TakeResults(WorkerId worker, in Assignment assignment) => _results.Take(worker, in assignment);

    /// <inheritdoc/>
    public void FoldEvaluation(int completed, int blocks) => _record.FoldEvaluation(completed, _results.Means());

    /// <inheritdoc/>
    public void WriteCheckpoint(int completed, bool isBest) => _record.WriteCheckpoint(completed, isBest);

    /// <inheritdoc/>
    public void ReportNotFinite(WorkerId worker, int step, int strikes) => _narrator.NotFinite(worker, strikes);

    /// <inheritdoc/>
    public void Diverge(int step, WorkerId worker, in Assignment shown) =>
        _record.Diverge(step, _commit.FirstNotFinite(worker, in shown));

    /// <inheritdoc/>
    public void ReportWaiting(int present, int needed) => _narrator.Waiting(present, needed);

    /// <inheritdoc/>
    public void ReportEnough(int present) => _narrator.Enough(present);

    /// <inheritdoc/>
    public void ReportIdle(int idle) => _narrator.Idle(idle);

    /// <inheritdoc/>
    public void ReportPaused(int completed) => _narrator.Paused(completed);

    /// <inheritdoc/>
    public void ReportResumed(int completed) => _narrator.Resumed(completed);

    /// <inheritdoc/>
    public void Finish(int completed, RunOutcome outcome)
    {
        Outcome = outcome;
        if (outcome == RunOutcome.TooFewWorkers)
        {
            _record.Fail(new UserException(
                ExitCode.TooFewWorkers,
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"Only {_core.State.Members.Count} of at least {new Quantity(_rules.WorkersMinimum, "worker")} were there for "
                    + $"{_rules.WorkersTimeout.TotalSeconds:0.###} s; start more and resume with --resume.")));
        }

        _core.Close();
    }

    private void Order(WorkerId worker, FrameKind kind, in Assignment assignment, int generation)
    {
        if (_registry.Find(worker) is { } link)
        {
            link.Order(kind, in assignment, generation);
            FlushLater(link);
        }
    }

    private void Publish(WorkerId worker, int completed)
    {
        if (_registry.Find(worker) is { } link)
        {
            link.Publish(completed);
            FlushLater(link);
        }
    }

    /// <summary>What a connection is given by one list of effects leaves together.</summary>
    private void FlushLater(WorkerLink link)
    {
        if (_isPending.Add(link))
        {
            _pending.Add(link);
        }
    }

    private void SendAway(WorkerId worker, FrameKind kind, ExitCode code, string reason)
    {
        if (_registry.Find(worker) is not { } link)
        {
            return;
        }

        if (link.Finish(kind, new Refusal { ExitCode = (int)code, Reason = reason }, TimeSpan.Zero))
        {
            link.CloseAfter(GoodbyeLimit, reason);
        }
        else
        {
            link.Close(reason);
        }
    }
}
