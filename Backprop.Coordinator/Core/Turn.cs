using Backprop.Shared.Actors;

namespace Backprop.Coordinator.Core;

/// <summary>What one call of <see cref="CoordinatorCore.Advance"/> works with.</summary>
internal readonly ref struct Turn(CoordinatorState state, Rules rules, EffectList<Effect> effects)
{
    public CoordinatorState State { get; } = state;

    public Rules Rules { get; } = rules;

    public EffectList<Effect> Effects { get; } = effects;

    public TimeSpan Now => State.Now;
}
