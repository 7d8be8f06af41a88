using Backprop.Shared.Protocol;

namespace Backprop.Coordinator.Cluster;

/// <summary>What a worker may say because it was asked: no more answers than orders, so that nobody can flood the mailbox.</summary>
internal sealed partial class WorkerLink
{
    private int _owed;
    private byte[]? _chunk;
    private long _askedAt;

    /// <summary>When it was admitted, or asked for a piece of a file last, as a timestamp.</summary>
    public long AskedAt => Volatile.Read(ref _askedAt);

    private void Given(FrameKind kind)
    {
        if (kind is FrameKind.AssignSpan or FrameKind.AssignBlocks)
        {
            Interlocked.Increment(ref _owed);
        }
    }

    /// <summary>An answer, or a failure instead of one: for each there was an order.</summary>
    private bool IsOwed() => Interlocked.Decrement(ref _owed) >= 0;

    private static ProtocolException NotAsked(string what) => new($"an answer for {what}, which nobody had asked of it");

    private void Asked() => Volatile.Write(ref _askedAt, _run.Time.GetTimestamp());

    private void Fail(Failure failure)
    {
        Abandon();
        if (IsReady)
        {
            RequireStep(failure.Step);
            if (!IsOwed())
            {
                throw NotAsked($"step {failure.Step}");
            }
        }

        _run.WorkerFailed(this, failure.Step, WireText.Sentence(failure.Message));
    }

    private static void RequireStep(int step)
    {
        if (step < 1)
        {
            throw new ProtocolException($"something about step {step}; the first is 1");
        }
    }
}
