namespace Backprop.Coordinator.Cluster.Links;

/// <summary>
/// How many orders a worker has not answered: it may give no more answers than there were orders, and so never floods the mailbox.
/// </summary>
internal sealed class OutstandingOrders
{
    private int _count;

    /// <summary>Something was ordered.</summary>
    public void Add() => Interlocked.Increment(ref _count);

    /// <summary>An answer, or a failure instead of one, has come.</summary>
    /// <returns>False where nothing was ordered that it could answer.</returns>
    public bool TryAnswer() => Interlocked.Decrement(ref _count) >= 0;
}
