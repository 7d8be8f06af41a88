using Backprop.Shared.Gradients;
using Backprop.Shared.Protocol;
using Backprop.Shared.Tensors;

namespace Backprop.Worker.Shell;

/// <summary>
/// Sends gradients partition by partition, the last first, as they become final. Where they are small, the computing thread sends them
/// itself; where they are large, a thread of this connection does, so that computing goes on: the caller has two vectors in turn, and
/// <see cref="AwaitVector"/> waits until the one that comes next has been sent.
/// </summary>
internal sealed class GradientSender : IGradientSender
{
    /// <summary>A gradient up to this size is sent faster than another thread is woken for it.</summary>
    public const int InlineBytes = 256 << 10;

    // Monitor, because waiting needs a condition: a plain lock has none.
    private readonly object _gate = new();
    private readonly FrameLink _link;
    private readonly PartitionMap _partitions;
    private readonly SpanReply[] _replies = [new(), new()];
    private readonly StepEnvelope _envelope = new();
    private readonly Thread? _thread;
    private long _begun;
    private long _ended;
    private bool _closed;
    private Exception? _failure;

    /// <param name="inlineBytes">Up to this size no thread is used.</param>
    public GradientSender(FrameLink link, PartitionMap partitions, int inlineBytes = InlineBytes)
    {
        (_link, _partitions) = (link, partitions);
        if ((long)partitions.Length * sizeof(float) > inlineBytes)
        {
            _thread = new Thread(Live) { IsBackground = true, Name = "backprop gradients" };
            _thread.Start();
        }
    }

    private SpanReply Newest => _replies[(_begun - 1) & 1];

    /// <inheritdoc/>
    public int AwaitVector(int step)
    {
        lock (_gate)
        {
            while (_begun - _ended > 1 && _failure is null && !_closed)
            {
                Monitor.Wait(_gate);
            }

            ThrowIfOver();
            return (int)(_begun & 1);
        }
    }

    /// <inheritdoc/>
    public void Drain()
    {
        lock (_gate)
        {
            while (_begun > _ended && _failure is null && !_closed)
            {
                Monitor.Wait(_gate);
            }
        }
    }

    /// <inheritdoc/>
    public void Begin(in Assignment assignment, FlatVector vector, bool isEmpty)
    {
        lock (_gate)
        {
            _begun++;
            var reply = Newest;
            (reply.Step, reply.First) = (assignment.Step, assignment.First);
            (reply.Count, reply.Attempt) = (assignment.Count, assignment.Attempt);
            reply.Vector = vector;
            (reply.Ready, reply.Next) = (int.MaxValue, isEmpty ? -1 : _partitions.Count - 1);
            (reply.Loss, reply.IsComplete, reply.IsDropped) = (0, false, false);
        }
    }

    /// <inheritdoc/>
    public void Ready(int start, int attempt)
    {
        lock (_gate)
        {
            Newest.Ready = start;
            Renumber(attempt);
        }

        Push();
    }

    /// <inheritdoc/>
    public void Complete(double loss, bool finite, int attempt)
    {
        lock (_gate)
        {
            var reply = Newest;
            (reply.Loss, reply.IsFinite, reply.IsComplete) = (loss, finite, true);
            Renumber(attempt);
        }

        Push();
    }

    /// <inheritdoc/>
    public void Abandon()
    {
        lock (_gate)
        {
            Newest.IsDropped = true;
        }

        Push();
    }

    /// <inheritdoc/>
    public void DropUpTo(int step)
    {
        lock (_gate)
        {
            foreach (var reply in _replies)
            {
                reply.IsDropped |= reply.Step <= step;
            }
        }
    }

    /// <inheritdoc/>
    public void Drop(in Assignment assignment)
    {
        lock (_gate)
        {
            foreach (var reply in _replies)
            {
                reply.IsDropped |= reply.IsComplete && (reply.Step, reply.First, reply.Count, reply.Attempt)
                    == (assignment.Step, assignment.First, assignment.Count, assignment.Attempt);
            }
        }
    }

    /// <summary>Ends the thread; the link must be closed, or nothing be on its way.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            _closed = true;
            Monitor.PulseAll(_gate);
        }

        _thread?.Join();
    }

    private void Renumber(int attempt)
    {
        var reply = Newest;
        if (reply.Attempt != attempt)
        {
            reply.Attempt = attempt;
            reply.Next = reply.Next < 0 && reply.Ready == int.MaxValue ? -1 : _partitions.Count - 1;
        }
    }

    private void Push()
    {
        if (_thread is null)
        {
            lock (_gate)
            {
                while (TrySend())
                {
                    // Piece by piece.
                }
            }

            return;
        }

        lock (_gate)
        {
            ThrowIfOver();
            Monitor.PulseAll(_gate);
        }
    }

    private void Live()
    {
        try
        {
            lock (_gate)
            {
                while (!_closed)
                {
                    if (!TrySend())
                    {
                        Monitor.Wait(_gate);
                    }
                }
            }
        }
#pragma warning disable CA1031 // The computing thread reports it: it meets the same broken link.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            lock (_gate)
            {
                _failure = exception;
                Monitor.PulseAll(_gate);
            }
        }
    }

    /// <summary>Sends the next piece, if there is one; lets go of the gate meanwhile where a thread of its own sends.</summary>
    private bool TrySend()
    {
        if (_ended == _begun)
        {
            return false;
        }

        var reply = _replies[_ended & 1];
        if (reply.IsDropped || (reply.IsComplete && reply.Next < 0))
        {
            if (!reply.IsDropped)
            {
                End(reply);
            }

            _ended++;
            Monitor.PulseAll(_gate);
            return true;
        }

        if (reply.Next < 0 || _partitions[reply.Next].Start < reply.Ready)
        {
            return false;
        }

        var (partition, attempt) = (reply.Next, reply.Attempt);
        Send(reply, partition);
        if (reply.Attempt == attempt && reply.Next == partition)
        {
            reply.Next--;
        }

        return true;
    }

    private void Send(SpanReply reply, int partition)
    {
        var (start, length) = _partitions[partition];
        Fill(reply);
        (_envelope.Start, _envelope.Elements) = (start, length);
        if (_thread is not null)
        {
            Monitor.Exit(_gate);
        }

        try
        {
            // The span's end follows the first partition, which goes last.
            _link.Send(FrameKind.Gradient, _envelope, reply.Vector.Slice(start, length), null, 0, more: partition == 0);
        }
        finally
        {
            if (_thread is not null)
            {
                Monitor.Enter(_gate);
            }
        }
    }

    private void End(SpanReply reply)
    {
        Fill(reply);
        (_envelope.Start, _envelope.Elements) = (0, 0);
        (_envelope.Finite, _envelope.Loss) = (reply.IsFinite, reply.Loss);
        _link.Send(FrameKind.SpanDone, _envelope);
    }

    private void Fill(SpanReply reply)
    {
        (_envelope.Step, _envelope.First, _envelope.Count, _envelope.Attempt) = (reply.Step, reply.First, reply.Count, reply.Attempt);
        _envelope.Finite = false;
        _envelope.ClearLoss();
    }

    private void ThrowIfOver()
    {
        if (_failure is not null || _closed)
        {
            throw new LinkClosedException(_failure?.Message ?? "The connection was closed on this side.", _failure);
        }
    }
}
