using Backprop.Shared.Gradients;

namespace Backprop.Worker.Training;

/// <summary>What is said when a step fails or diverges.</summary>
internal sealed unsafe partial class GradientStep
{
    /// <summary>The first place, in forward order, whose output or gradient is not finite; asked when a step diverged.</summary>
    public string FirstNotFinite(StepPlan plan)
    {
        foreach (var node in _model.Model.Nodes)
        {
            if (!node.ForwardIsFused && !FiniteCheck.All(_model.Value(node, 0, plan.Rows)))
            {
                return $"the output of {node.Layer.Name}";
            }
        }

        foreach (var parameter in _model.Model.Layout.Parameters)
        {
            var leaves = Complete[parameter.Ordinal] ? 1 : plan.Spans.Length;
            for (var leaf = 0; leaf < leaves; leaf++)
            {
                if (!FiniteCheck.All(_leaves[leaf].Span.Slice(parameter.Start, parameter.Length)))
                {
                    return $"the gradient of {parameter.FullName}";
                }
            }
        }

        return "the averaged gradient";
    }

    private string NameOf(int node) =>
        node < 0 ? "gathering the batch" : node == _split.Length ? "the loss" : _model.Model.Nodes[node].Layer.Name;

    /// <summary>
    /// Runs the failed forward pass again row by row, to say which sample it was; where none fails alone, all of the slot's are named.
    /// </summary>
    private string Sample(int slot, StepPlan plan, long step, float* weights)
    {
        if (_nodeOfSlot[slot] >= 0 && _nodeOfSlot[slot] < _split.Length)
        {
            var node = _model.Model.Nodes[_nodeOfSlot[slot]];
            foreach (var (row, rows) in plan.RowsOf(slot))
            {
                for (var r = row; r < row + rows; r++)
                {
                    try
                    {
                        node.Layer.Forward(_model.Pass(node, Own(slot, r, 1, step), weights));
                    }
                    catch (Exception exception) when (exception is not OutOfMemoryException)
                    {
                        return $"sample {_samples[r]}";
                    }
                }
            }
        }

        var mine = plan.RowsOf(slot);
        return mine.Length == 0
            ? "no sample"
            : $"one of the samples {_samples[mine[0].Row]} to {_samples[mine[^1].Row + mine[^1].Rows - 1]} of its batch";
    }
}
