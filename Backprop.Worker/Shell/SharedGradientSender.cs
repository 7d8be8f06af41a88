using Backprop.Shared.Gradients;
using Backprop.Shared.Protocol;
using Backprop.Shared.Tensors;

namespace Backprop.Worker.Shell;

/// <summary>
/// Says which elements of a shared gradient vector are final; the coordinator folds them where they are. A vector whose span was answered
/// is left alone until its step is over.
/// </summary>
/// <param name="length">Of the flat gradient.</param>
/// <param name="vectors">How many there are.</param>
internal sealed class SharedGradientSender(FrameLink link, int length, int vectors) : IGradientSender
{
    /// <summary>Fewer elements are not worth waking the coordinator for.</summary>
    private const int WorthAFrame = 1 << 16;

    private readonly StepEnvelope _envelope = new();

    /// <summary>The step whose gradient lies in a vector, answered; 0: none.</summary>
    private readonly int[] _answered = new int[vectors];
    private int _vector;
    private int _said;
    private bool _isEmpty;

    /// <inheritdoc/>
    /// <exception cref="LinkClosedException">
    /// More spans of one step were answered than a coordinator can need: the connection is given up, and the next one has all vectors free.
    /// </exception>
    public int AwaitVector(int step)
    {
        for (_vector = 0; _vector < vectors; _vector++)
        {
            if (_answered[_vector] < step)
            {
                return _vector;
            }
        }

        throw new LinkClosedException($"The coordinator asked for more than {vectors} gradients in one step.");
    }

    /// <inheritdoc/>
    public void Begin(in Assignment assignment, FlatVector vector, bool isEmpty)
    {
        (_envelope.Step, _envelope.First) = (assignment.Step, assignment.First);
        (_envelope.Count, _envelope.Attempt) = (assignment.Count, assignment.Attempt);
        _envelope.Vector = _vector;
        _isEmpty = isEmpty;
        _said = isEmpty ? 0 : length;
    }

    /// <inheritdoc/>
    public void Ready(int start, int attempt)
    {
        Renumber(attempt);
        if (_said - start >= WorthAFrame)
        {
            Say(start, more: false);
        }
    }

    /// <inheritdoc/>
    public void Complete(double loss, bool finite, int attempt)
    {
        Renumber(attempt);
        Say(0, more: true);
        _answered[_vector] = _envelope.Step;
        (_envelope.Start, _envelope.Elements) = (0, 0);
        (_envelope.Finite, _envelope.Loss) = (finite, loss);
        link.Send(FrameKind.SpanDone, _envelope);
        _envelope.Finite = false;
        _envelope.ClearLoss();
    }

    /// <inheritdoc/>
    public void Abandon()
    {
        // What was not answered is not held: the coordinator uses nothing of it.
    }

    /// <inheritdoc/>
    public void Drain()
    {
        // Nothing is ever on its way.
    }

    /// <inheritdoc/>
    public void DropUpTo(int step)
    {
        // The next order says that it is over, and frees the vectors.
    }

    /// <inheritdoc/>
    public void Drop(in Assignment assignment)
    {
        // What was answered has been said already; the coordinator may have taken it.
    }

    public void Dispose()
    {
        // There is nothing of its own.
    }

    /// <summary>Under a new number everything is said again.</summary>
    private void Renumber(int attempt)
    {
        if (_envelope.Attempt != attempt)
        {
            _envelope.Attempt = attempt;
            _said = _isEmpty ? 0 : length;
        }
    }

    private void Say(int start, bool more)
    {
        if (start < _said)
        {
            (_envelope.Start, _envelope.Elements) = (start, _said - start);
            link.Send(FrameKind.Gradient, _envelope, more);
            _said = start;
        }
    }
}
