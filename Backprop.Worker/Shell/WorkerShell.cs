using System.Runtime.ExceptionServices;
using Backprop.Shared.Gradients;
using Backprop.Shared.Primitives;
using Backprop.Shared.Protocol;
using Backprop.Worker.Core;
using Backprop.Worker.Training;

namespace Backprop.Worker.Shell;

/// <summary>
/// The shell of one connection that is being served, from Ready to its end. One thread receives and computes: it waits for the link where
/// there is nothing to compute; while it computes it looks at the link between two layers, and waits there for the weights that the next
/// one needs. What comes is told to the core through a mailbox, and the core's effects are performed there. The passes run outside of it,
/// so that another thread that asks this worker to go is heard at once.
/// </summary>
internal sealed class WorkerShell : IWorkerEffects, IStepProgress, IDisposable
{
    /// <summary>A run's assignments wait here, and some that were given twice.</summary>
    private const int QueueMargin = 64;

    private readonly FrameLink _link;
    private readonly SpanEngine _engine;
    private readonly WorkerMailbox _core;
    private readonly IncomingFrames _incoming;
    private readonly IGradientSender _sender;
    private readonly StepEnvelope _blocksDone = new();
    private ExceptionDispatchInfo? _broken;
    private string _reason = "";

    // Written by effects, which another thread may perform while this worker is asked to go.
    private Assignment _given;
    private volatile int _attempt;
    private volatile bool _isGiven;
    private volatile bool _isAbandoned;
    private volatile bool _isOver;

    /// <param name="link">Its other side has been told that this one is ready, or is about to be.</param>
    /// <param name="engine">It has been told what it shares with the coordinator.</param>
    public WorkerShell(FrameLink link, SpanEngine engine)
    {
        (_link, _engine) = (link, engine);
        _core = new WorkerMailbox(this, QueueMargin + engine.Run.File.Shards);
        _incoming = new IncomingFrames(link, engine, _core);
        _sender = engine.Shared is not { } shared
            ? new GradientSender(link, engine.Partitions)
            : new SharedGradientSender(link, engine.Partitions.Length, shared.Gradients.Count);
    }

    /// <summary>Serves until the run is over.</summary>
    /// <returns>How it ended, in the coordinator's word.</returns>
    /// <exception cref="LinkClosedException">The connection is over.</exception>
    /// <exception cref="ProtocolException">The coordinator sent what it may not.</exception>
    /// <exception cref="UserException">The coordinator sent this worker away.</exception>
    public string Serve()
    {
        while (!_isOver)
        {
            if (_isGiven)
            {
                _isGiven = false;
                Pass(_given);
            }
            else
            {
                _incoming.Await();
            }
        }

        return _incoming.Refusal is { } refusal ? throw refusal : _incoming.Status;
    }

    /// <summary>Hands everything back: nothing is computed any more, and the coordinator closes. From any thread, once.</summary>
    /// <exception cref="LinkClosedException">The connection is over already.</exception>
    public void Leave(string reason)
    {
        _reason = reason;
        _core.Tell(WorkerInput.LeaveRequested());
    }

    /// <summary>The link must be closed.</summary>
    public void Dispose() => _sender.Dispose();

    void IWorkerEffects.Compute(in Assignment assignment)
    {
        (_given, _attempt, _isAbandoned) = (assignment, assignment.Attempt, false);
        _isGiven = true;
    }

    void IWorkerEffects.Renumber(in Assignment assignment) => _attempt = assignment.Attempt;

    void IWorkerEffects.Abandon() => _isAbandoned = true;

    void IWorkerEffects.Answer(in Assignment assignment, bool finite)
    {
        if (!assignment.IsEvaluation)
        {
            _sender.Complete(_engine.Loss, finite, assignment.Attempt);
            return;
        }

        (_blocksDone.Step, _blocksDone.First) = (assignment.Step, assignment.First);
        (_blocksDone.Count, _blocksDone.Attempt) = (assignment.Count, assignment.Attempt);
        _link.Send<double>(FrameKind.BlocksDone, _blocksDone, _engine.Evaluation!.Fold.Sums(assignment.First, assignment.Count));
    }

    void IWorkerEffects.Withdraw(in Assignment assignment) => _sender.Drop(assignment);

    void IWorkerEffects.WithdrawUpTo(int step) => _sender.DropUpTo(step);

    void IWorkerEffects.Leave()
    {
        _link.Send(FrameKind.Leave, new Leave { Reason = _reason });
        _link.Finish();
    }

    void IWorkerEffects.End() => _isOver = true;

    bool IStepProgress.AwaitWeights(int end)
    {
        // What goes wrong with the link is not a layer's failure: it is kept, and the pass abandoned.
#pragma warning disable CA1031
        try
        {
            return AwaitWeights(end);
        }
        catch (Exception exception)
        {
            _broken = ExceptionDispatchInfo.Capture(exception);
            return false;
        }
#pragma warning restore CA1031
    }

    bool IStepProgress.GradientReady(int start)
    {
#pragma warning disable CA1031 // The link's failure is kept here too: the caller would take it for the layer's.
        try
        {
            _incoming.Look();
            if (!_isAbandoned)
            {
                _sender.Ready(start, _attempt);
            }

            return !_isAbandoned;
        }
        catch (Exception exception)
        {
            _broken = ExceptionDispatchInfo.Capture(exception);
            return false;
        }
#pragma warning restore CA1031
    }

    private void Pass(Assignment assignment)
    {
        var completed = false;
        var finite = true;
        try
        {
            completed = assignment.IsEvaluation ? Evaluate(assignment) : Differentiate(assignment, out finite);
        }
        catch (LayerFailedException failure)
        {
            Fail(assignment, failure);
            _broken?.Throw();
            return;
        }

        _broken?.Throw();
        if (!completed && !assignment.IsEvaluation)
        {
            _sender.Abandon();
        }

        _core.Tell(WorkerInput.ComputeDone(assignment, finite));
    }

    private bool Differentiate(in Assignment assignment, out bool finite)
    {
        var span = assignment.Span;
        _engine.Begin(assignment.Step, span, _sender.AwaitVector(assignment.Step));
        var isEmpty = _engine.SamplesOf(assignment.Step, span) == 0;
        _sender.Begin(assignment, _engine.Gradient, isEmpty);
        var completed = isEmpty || _engine.Compute(this);
        finite = double.IsFinite(_engine.Loss);
        return completed;
    }

    private bool Evaluate(in Assignment assignment)
    {
        for (var block = assignment.First; block < assignment.End; block += _engine.BlocksOfACall)
        {
            if (!AwaitWeights(_engine.Partitions.Length))
            {
                return false;
            }

            _engine.Evaluate(block, Math.Min(_engine.BlocksOfACall, assignment.End - block));
        }

        return true;
    }

    /// <summary>A layer threw; what the weights of two steps make it do counts for nothing.</summary>
    private void Fail(in Assignment assignment, LayerFailedException failure)
    {
        _sender.Abandon();
        _sender.Drain();
        if (_broken is null)
        {
            if (!_isAbandoned)
            {
                _link.Send(FrameKind.Failure, new Failure
                {
                    Step = assignment.Step,
                    Message = failure.Message,
                    First = assignment.First,
                    Count = assignment.Count,
                    Attempt = _attempt,
                    Evaluation = assignment.IsEvaluation,
                });
            }

            _core.Tell(WorkerInput.ComputeFailed(assignment));
        }
    }

    private bool AwaitWeights(int end)
    {
        while (_incoming.Elements < end && !_isAbandoned)
        {
            _incoming.Await();
        }

        _incoming.Look();
        return !_isAbandoned;
    }
}
