using System.Runtime.ExceptionServices;
using Backprop.Shared.Actors;
using Backprop.Shared.Gradients;
using Backprop.Shared.Primitives;
using Backprop.Shared.Protocol;
using Backprop.Worker.Core;
using Backprop.Worker.Training;

namespace Backprop.Worker.Actor;

/// <summary>
/// One connection that is being served, from Ready to its end. One thread receives, computes and sends: it waits for the link where there
/// is nothing to compute; while it computes it looks at the link between two layers, waits there for the weights that the next one needs,
/// and abandons what nobody wants any more. Weights go from the socket to where they are used, or are in shared memory already.
/// </summary>
internal sealed unsafe partial class RemoteWorker : IStepProgress, IDisposable
{
    /// <summary>How often it looks before it sleeps: some hundred microseconds.</summary>
    private const int Looks = 500;

    private readonly FrameLink _link;
    private readonly SpanEngine _engine;
    private readonly WorkerState _state;
    private readonly EffectList<WorkerEffect> _effects = new();
    private readonly StepEnvelopeReader _reader = new();
    private readonly IGradientSender _sender;
    private readonly bool _shares;
    private readonly StepEnvelope _blocksDone = new();
    private ExceptionDispatchInfo? _broken;
    private Finished? _finished;
    private volatile bool _isLeaving;

    /// <param name="link">Its other side has been told that this one is ready, or is about to be.</param>
    /// <param name="engine">It has been told what it shares with the coordinator.</param>
    public RemoteWorker(FrameLink link, SpanEngine engine)
    {
        (_link, _engine, _shares) = (link, engine, engine.Shared is not null);
        _state = new WorkerState(QueueMargin + engine.Run.File.Shards);
        _sender = engine.Shared is not { } shared
            ? new GradientSender(link, engine.Partitions)
            : new SharedGradientSender(link, engine.Partitions.Length, shared.Gradients.Count);
    }

    private bool IsWanted =>
        !_isLeaving && _finished is null && _state.IsComputing && !_state.IsCurrentCancelled && _state.Current.Weights == _state.Weights;

    /// <summary>Serves until the run is over.</summary>
    /// <returns>How it ended, in the coordinator's word.</returns>
    /// <exception cref="LinkClosedException">The connection is over.</exception>
    /// <exception cref="ProtocolException">The coordinator sent what it may not.</exception>
    /// <exception cref="UserException">The coordinator sent this worker away.</exception>
    public string Serve()
    {
        while (_finished is null)
        {
            if (_state.IsComputing && !_isLeaving)
            {
                Compute(_state.Current);
                _broken?.Throw();
            }
            else
            {
                Spin();
                Handle(_link.Receive());
            }
        }

        return _finished.Status;
    }

    /// <summary>Hands everything back: nothing is computed any more, and the coordinator closes. From any thread.</summary>
    public void Leave(string reason)
    {
        _isLeaving = true;
        _link.Send(FrameKind.Leave, new Leave { Reason = reason });
        _link.Finish();
    }

    /// <summary>The link must be closed.</summary>
    public void Dispose() => _sender.Dispose();

    /// <inheritdoc/>
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

    /// <inheritdoc/>
    bool IStepProgress.GradientReady(int start)
    {
#pragma warning disable CA1031 // As above.
        try
        {
            Look();
            if (IsWanted)
            {
                _sender.Ready(start, _state.Current.Attempt);
            }

            return IsWanted;
        }
        catch (Exception exception)
        {
            _broken = ExceptionDispatchInfo.Capture(exception);
            return false;
        }
#pragma warning restore CA1031
    }

    private bool AwaitWeights(int end)
    {
        while (_have < end && IsWanted)
        {
            Spin();
            Handle(_link.Receive());
        }

        Look();
        return IsWanted;
    }

    /// <summary>
    /// Looks for a moment before it sleeps: the next order usually comes soon, and to be woken takes longer than to look. Whoever else
    /// wants the core gets it.
    /// </summary>
    private void Spin()
    {
        for (var look = 0; look < Looks && !_link.HasIncoming; look++)
        {
            Thread.Yield();
        }
    }

    /// <summary>Takes what has come, without waiting.</summary>
    private void Look()
    {
        for (var found = _link.TryReceive(); found != ScanEvent.None; found = _link.TryReceive())
        {
            Handle(found);
        }
    }

    private void Compute(in Assignment work)
    {
        var completed = false;
        var finite = true;
        try
        {
            completed = work.IsEvaluation ? Evaluate(work) : Differentiate(work, out finite);
        }
        catch (LayerFailedException failure)
        {
            Fail(work, failure);
        }

        WorkerCore.Advance(_state, WorkerInput.ComputeDone(work, finite), _effects);
        var answered = false;
        foreach (ref readonly var effect in _effects.AsSpan())
        {
            if (effect.Kind == WorkerEffectKind.Answer && completed)
            {
                Answer(effect.Work);
                answered = true;
            }
        }

        if (!answered && !work.IsEvaluation)
        {
            _sender.Abandon();
        }
    }

    private bool Differentiate(in Assignment work, out bool finite)
    {
        var span = new ShardSpan(work.First, work.Count);
        _engine.Begin(work.Step, span, _sender.AwaitVector(work.Step));
        var isEmpty = _engine.SamplesOf(work.Step, span) == 0;
        _sender.Begin(work, _engine.Gradient, isEmpty);
        var completed = isEmpty || _engine.Compute(this);
        finite = double.IsFinite(_engine.Loss);
        return completed;
    }

    private bool Evaluate(in Assignment work)
    {
        for (var block = work.First; block < work.First + work.Count; block += _engine.BlocksOfACall)
        {
            if (!AwaitWeights(_engine.Partitions.Length))
            {
                return false;
            }

            _engine.Evaluate(block, Math.Min(_engine.BlocksOfACall, work.First + work.Count - block));
        }

        return true;
    }

    /// <summary>A layer threw; what the weights of two steps make it do counts for nothing.</summary>
    private void Fail(in Assignment work, LayerFailedException failure)
    {
        _sender.Abandon();
        _sender.Drain();
        if (IsWanted && _broken is null)
        {
            _link.Send(FrameKind.Failure, new Failure { Step = work.Step, Message = failure.Message });
        }
    }

    private void Answer(in Assignment work)
    {
        if (!work.IsEvaluation)
        {
            _sender.Complete(_engine.Loss, work.Attempt);
            return;
        }

        (_blocksDone.Step, _blocksDone.First, _blocksDone.Count, _blocksDone.Attempt) = (work.Step, work.First, work.Count, work.Attempt);
        var sums = _engine.Evaluation!.Fold.Sums(work.First, work.Count);
        fixed (double* start = sums)
        {
            _link.Send(FrameKind.BlocksDone, _blocksDone, (byte*)start, sums.Length * sizeof(double));
        }
    }
}
