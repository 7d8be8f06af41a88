using System.Globalization;
using Backprop.Coordinator.Cluster.Gradients;
using Backprop.Coordinator.Cluster.Links;
using Backprop.Coordinator.Core;
using Backprop.Coordinator.Diagnostics;
using Backprop.Coordinator.Diagnostics.Lines;
using Backprop.Coordinator.Shell;
using Backprop.Coordinator.Training;
using Backprop.Shared.Gradients;
using Backprop.Shared.Primitives;
using Backprop.Shared.Protocol;
using Microsoft.Extensions.Logging;

namespace Backprop.Coordinator.Cluster;

/// <summary>Performs the core's effects on worker processes: orders and weights to their connections, gradients into the weights.</summary>
internal sealed class ClusterShell : ICoordinatorShell
{
    /// <summary>How long it may take to tell a worker that it has to go.</summary>
    private static readonly TimeSpan GoodbyeLimit = TimeSpan.FromSeconds(1);

    private readonly RunSetup _setup;
    private readonly CoreMailbox _core;
    private readonly StepCommit _commit;
    private readonly PublishedWeights _weights;
    private readonly EvaluationResults _results;
    private readonly WorkerRegistry _registry;
    private readonly WorkerEvents _events;
    private readonly ClusterNarrator _narrator;
    private readonly ILogger _log;
    private readonly WorkerLog _workerLog;
    private readonly RecordKeeper _record;
    private readonly RunFailure _failure;
    private readonly RunningClock _clock;
    private readonly TimeProvider _time;
    private readonly List<WorkerLink> _pending = new(64);

    public ClusterShell(
        RunSetup setup, CoreMailbox core, StepCommit commit, PublishedWeights weights, EvaluationResults results, WorkerRegistry registry,
        WorkerEvents events, ClusterNarrator narrator, RecordKeeper record, RunFailure failure, RunningClock clock, ILogger log,
        WorkerLog workerLog, TimeProvider time)
    {
        (_setup, _core, _commit, _weights, _results, _registry) = (setup, core, commit, weights, results, registry);
        (_events, _narrator, _record, _failure, _clock) = (events, narrator, record, failure, clock);
        (_log, _workerLog, _time) = (log, workerLog, time);
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
            // Said before what seems to follow from it.
            _record.Clock.DidNotRun(gap);
            _log.DidNotRun(gap.TotalSeconds);
        }
    }

    /// <inheritdoc/>
    public void Decided(in Input input, Reason reason)
    {
        _record.Clock.Waits(_core.State.IsWaiting);
        _record.Attended();
        _narrator.Decided(in input, reason);
        if (reason == Reason.LayerFailed)
        {
            _failure.Note(new UserException(ExitCode.Unexpected, _events.TakeFailure(input.Worker)));
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
    }

    /// <inheritdoc/>
    public bool TryEndAfter(Exception exception)
    {
        // The run ends with it, and not a receiving thread without a word.
        _failure.Note(exception);
        Outcome = RunOutcome.Failed;
        return true;
    }

    /// <inheritdoc/>
    public void Welcome(WorkerId worker, int completed, int generation) => Publish(worker, completed);

    /// <inheritdoc/>
    public void Refuse(WorkerId worker) =>
        SendAway(worker, FrameKind.Refusal, ExitCode.TooFewWorkers, "there is no place for another worker");

    /// <inheritdoc/>
    public void Dismiss(WorkerId worker, int strikes)
    {
        _log.Dismissed(worker.Value, _registry.InfoOf(worker).Name);
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
        var computed = _time.GetTimestamp();
        _commit.Fold();
        var reduced = _time.GetTimestamp();
        var update = _setup.UpdateOf(step);
        var outcome = CommitOutcome.GradientNotFinite;
        if (double.IsFinite(_commit.Norm))
        {
            _commit.Gradients.CloseStep();
            _weights.BeginUpdate();
            outcome = _commit.Update(update) ? CommitOutcome.Committed : CommitOutcome.WeightsNotFinite;
            _weights.EndUpdate();
        }

        _record.ReportUpdate(step, samples, _commit.Loss, in update, _commit.Norm, computed, reduced, outcome);
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
    public void ReportNotFinite(WorkerId worker, int step, int strikes) =>
        _log.NotFinite(worker.Value, _registry.InfoOf(worker).Name, new Counted(strikes, "time"));

    /// <inheritdoc/>
    public void Diverge(int step, WorkerId worker, in Assignment shown) =>
        _record.Diverge(step, _commit.FirstNotFinite(worker, in shown));

    /// <inheritdoc/>
    public void ReportWaiting(int present, int needed) => _workerLog.Waiting(present, needed);

    /// <inheritdoc/>
    public void ReportEnough(int present) => _workerLog.Enough(present);

    /// <inheritdoc/>
    public void ReportIdle(int idle) =>
        _log.Idle(Counted.Workers(idle), Counted.Shards(_setup.Rules.Shards));

    /// <inheritdoc/>
    public void Finish(int completed, RunOutcome outcome)
    {
        Outcome = outcome;
        if (outcome == RunOutcome.TooFewWorkers)
        {
            var rules = _setup.Rules;
            _failure.Note(new UserException(
                ExitCode.TooFewWorkers,
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"Only {_core.State.Members.Count} of at least {new Quantity(rules.WorkersMinimum, "worker")} were there for "
                    + $"{rules.WorkersTimeout.TotalSeconds:0.###} s; start more and resume with --resume.")));
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
        if (!_pending.Contains(link))
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
