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

    public static Memory<float>[] Slots(OptimizerSpec optimizer, int length)
    {
        var slots = new Memory<float>[optimizer.Slots.Count];
        for (var i = 0; i < slots.Length; i++)
        {
            slots[i] = new float[length];
        }

        return slots;
    }

    public static void Step(OptimizerSpec optimizer, long step, float[] gradient, float[] weights, Memory<float>[] slots)
    {
        var decayed = (float[])gradient.Clone();
        if (!optimizer.DecaysWeightsDirectly && optimizer.WeightDecay > 0)
        {
            for (var i = 0; i < decayed.Length; i++)
            {
                decayed[i] = MathF.FusedMultiplyAdd((float)optimizer.WeightDecay, weights[i], gradient[i]);
            }
        }

        optimizer.Update(new(step, optimizer.Rate), decayed, weights, new SlotBlocks(slots, 0, weights.Length));
    }
}
