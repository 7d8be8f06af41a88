using Backprop.Coordinator.Core;
using Backprop.Shared.Actors;
using Backprop.Worker.Core;

namespace Backprop.Tests.Simulation;

/// <summary>An effect that a shell does not perform, to see that this is found.</summary>
/// <param name="Coordinators">One of the coordinator's; null: it performs all.</param>
/// <param name="Workers">One of the workers'; null: they perform all.</param>
internal readonly record struct LeftOut(EffectKind? Coordinators = null, WorkerEffectKind? Workers = null)
{
    /// <summary>The effects that a worker performs.</summary>
    public EffectList<WorkerEffect> From(EffectList<WorkerEffect> wanted)
    {
        if (Workers is not { } kind)
        {
            return wanted;
        }

        var performed = new EffectList<WorkerEffect>();
        foreach (ref readonly var effect in wanted.AsSpan())
        {
            if (effect.Kind != kind)
            {
                performed.Add(in effect);
            }
        }

        return performed;
    }
}
