using Backprop.Shared.Gradients;
using Backprop.Shared.Models;
using Backprop.Shared.Tensors;

namespace Backprop.Worker.Training;

/// <summary>What is said when a step fails or diverges.</summary>
/// <param name="model">As the step left it.</param>
/// <param name="samples">The sample id of each row.</param>
internal sealed class StepFailures(CompiledModel model, int[] samples, ulong seed)
{
    /// <summary>Instead of a node: the batch is being gathered.</summary>
    public const int Gathering = -1;

    /// <summary>The first place, in forward order, whose output or gradient is not finite; asked when a step diverged.</summary>
    /// <param name="leaves">The spans' gradients.</param>
    /// <param name="complete">Which parameters are complete in the first of them.</param>
    public string FirstNotFinite(StepPlan plan, IReadOnlyList<FloatBuffer> leaves, ReadOnlySpan<bool> complete)
    {
        foreach (var node in model.Model.Nodes)
        {
            if (!node.ForwardIsFused && !FiniteCheck.All(model.Value(node, 0, plan.Rows)))
            {
                return $"the output of {node.Layer.Name}";
            }
        }

        foreach (var parameter in model.Model.Layout.Parameters)
        {
            var count = complete[parameter.Ordinal] ? 1 : plan.Spans.Length;
            for (var leaf = 0; leaf < count; leaf++)
            {
                if (!FiniteCheck.All(leaves[leaf].Values.Slice(parameter.Start, parameter.Length)))
                {
                    return $"the gradient of {parameter.FullName}";
                }
            }
        }

        return "the averaged gradient";
    }

    /// <summary>The exception for what a slot threw.</summary>
    /// <param name="node">What it was at: a node, <see cref="Gathering"/>, or the number of nodes for the loss.</param>
    /// <param name="step">The 0-based step.</param>
    public LayerFailedException ToException(int slot, int node, StepPlan plan, long step, FlatVector weights, Exception thrown) =>
        new(NameOf(node), step + 1, SampleOf(slot, node, plan, step, weights), thrown);

    private string NameOf(int node) =>
        node == Gathering ? "gathering the batch" : IsNode(node) ? model.Model.Nodes[node].Layer.Name : "the loss";

    private bool IsNode(int node) => node >= 0 && node < model.Model.Nodes.Length;

    /// <summary>
    /// Runs the failed forward pass again row by row, to say which sample it was; where none fails alone, all of the slot's are named.
    /// </summary>
    private string SampleOf(int slot, int node, StepPlan plan, long step, FlatVector weights)
    {
        var mine = plan.RowsOf(slot);
        foreach (var (row, rows) in IsNode(node) ? mine : [])
        {
            for (var r = row; r < row + rows; r++)
            {
                if (Fails(slot, model.Model.Nodes[node], r, step, weights))
                {
                    return $"sample {samples[r]}";
                }
            }
        }

        return mine.Length == 0
            ? "no sample"
            : $"one of the samples {samples[mine[0].Row]} to {samples[mine[^1].Row + mine[^1].Rows - 1]} of its batch";
    }

    private bool Fails(int slot, Node node, int row, long step, FlatVector weights)
    {
        try
        {
            var range = new PassRange { Slot = slot, Row = row, Rows = 1, Training = true, Seed = seed, Step = step };
            node.Layer.Forward(model.Pass(node, range, weights));
            return false;
        }
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            return true;
        }
    }
}
