using System.Collections.Immutable;
using Backprop.Coordinator.Cluster.Orders;

namespace Backprop.Coordinator.Cluster.Record;

/// <summary>What can happen to a node's copy of the record.</summary>
internal abstract record RecordInput
{
    private RecordInput()
    {
    }

    /// <summary>Time has passed.</summary>
    public sealed record Tick : RecordInput;

    /// <summary>A node asks for a promise, or whether there would be one.</summary>
    /// <param name="From">Its id.</param>
    /// <param name="Term">The term that it wants to lead.</param>
    /// <param name="Last">How far its record goes.</param>
    /// <param name="IsTrial">It only asks whether: nobody is bound.</param>
    public sealed record PromiseAsked(string From, long Term, Position Last, bool IsTrial) : RecordInput;

    /// <summary>A node has answered.</summary>
    /// <param name="Asked">The term that was asked for.</param>
    /// <param name="IsGiven">It promises, or would.</param>
    /// <param name="Promised">The highest term that it knows.</param>
    public sealed record PromiseAnswered(string From, long Asked, bool IsTrial, bool IsGiven, long Promised) : RecordInput;

    /// <summary>A leader sends entries, or none, to be heard.</summary>
    /// <param name="Before">The place after which they come.</param>
    /// <param name="Committed">So many no takeover can lose.</param>
    /// <param name="Resigns">It leads no more: the others need not wait.</param>
    public sealed record EntriesCame(
        string From, long Term, Position Before, ImmutableList<RecordEntry> Entries, long Committed, bool Resigns) : RecordInput;

    /// <summary>A node has answered to entries.</summary>
    /// <param name="Sent">The term in which they were sent.</param>
    /// <param name="IsTaken">They are on its disk.</param>
    /// <param name="Matched">So many of its entries are the leader's; where it took none, so many may be.</param>
    /// <param name="Promised">The highest term that it knows.</param>
    public sealed record EntriesAnswered(string From, long Sent, bool IsTaken, long Matched, long Promised) : RecordInput;

    /// <summary>The leader is to append something.</summary>
    public sealed record Proposed(OrderEntry What) : RecordInput;

    /// <summary>The leader is to cease.</summary>
    public sealed record Resigned : RecordInput;

    /// <summary>
    /// A person says that the other voters are gone for good, or are to be taken for gone: this node is the only one from now on.
    /// </summary>
    public sealed record TakenOver : RecordInput;
}
