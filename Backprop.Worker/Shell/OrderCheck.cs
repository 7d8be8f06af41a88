using Backprop.Shared.Gradients;
using Backprop.Shared.Protocol;
using Backprop.Worker.Training;

namespace Backprop.Worker.Shell;

/// <summary>Makes assignments of what a coordinator ordered, and refuses what is none: the engine computes what it is given.</summary>
internal sealed class OrderCheck(SpanEngine engine)
{
    /// <exception cref="ProtocolException">They are no node of the tree.</exception>
    public Assignment Shards(StepEnvelope order)
    {
        var assignment = new Assignment(IsEvaluation: false, order.Step, order.First, order.Count, order.Attempt);
        var shards = engine.Run.File.Shards;
        return order.Step >= 1 && assignment.IsNodeOf(shards) ? assignment : throw new ProtocolException(
            $"The coordinator assigned {order.Count} shards from {order.First} on of step {order.Step}, which is no span of {shards}.");
    }

    /// <exception cref="ProtocolException">There are no such blocks.</exception>
    public Assignment Blocks(StepEnvelope order)
    {
        var blocks = engine.Evaluation?.Fold.Blocks ?? 0;
        var exist = order.Step >= 0 && order.Count >= 1 && order.First >= 0 && (long)order.First + order.Count <= blocks;
        return exist ? Assignment.Blocks(order.Step, order.First, order.Count, order.Attempt) : throw new ProtocolException(
            $"The coordinator assigned {order.Count} evaluation blocks from {order.First} on; the test part has {blocks}.");
    }

    /// <summary>What a cancellation names; it does not say whether shards or blocks.</summary>
    public static Assignment Cancelled(StepEnvelope order) =>
        new(IsEvaluation: false, order.Step, order.First, order.Count, order.Attempt);
}
