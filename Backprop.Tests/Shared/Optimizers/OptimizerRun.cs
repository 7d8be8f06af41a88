using Backprop.Shared.Optimizers;
using Backprop.Shared.Primitives;

namespace Backprop.Tests.Shared.Optimizers;

/// <summary>Steps of an optimizer in plain loops, with the L2 decay that the commit adds.</summary>
internal static class OptimizerRun
{
    /// <summary>One of each kind with its defaults, and the given rate.</summary>
    public static OptimizerSpec Create(string kind, double rate, double? weightDecay = null)
    {
        var optimizer = (OptimizerSpec)Activator.CreateInstance(Catalog<OptimizerSpec>.Find(kind)!)!;
        return optimizer with { Rate = rate, WeightDecay = weightDecay ?? optimizer.WeightDecay };
    }

    public static Memory<float>[] State(OptimizerSpec optimizer, int length)
    {
        var state = new Memory<float>[optimizer.StateNames.Count];
        for (var i = 0; i < state.Length; i++)
        {
            state[i] = new float[length];
        }

        return state;
    }

    public static void Step(OptimizerSpec optimizer, long step, float[] gradient, float[] weights, Memory<float>[] state)
    {
        var decayed = (float[])gradient.Clone();
        if (!optimizer.DecaysWeightsDirectly && optimizer.WeightDecay > 0)
        {
            for (var i = 0; i < decayed.Length; i++)
            {
                decayed[i] = MathF.FusedMultiplyAdd((float)optimizer.WeightDecay, weights[i], gradient[i]);
            }
        }

        optimizer.Update(new(step, optimizer.Rate), decayed, weights, new StateBlocks(state, 0, weights.Length));
    }
}
