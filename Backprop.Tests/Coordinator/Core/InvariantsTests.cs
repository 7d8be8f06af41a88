using System.Diagnostics;
using Backprop.Coordinator.Core;

namespace Backprop.Tests.Coordinator.Core;

/// <summary>The invariants themselves can fail: states that no input leads to are refused.</summary>
public sealed class InvariantsTests
{
    [Fact]
    public void AState_ThatSkipsAStep_IsRefused() => Refuse(state => state.Completed += 2, "once and in order");

    [Fact]
    public void AState_WhoseGenerationGoesBack_IsRefused() => Refuse(state => state.Generation--, "generation never goes back");

    [Fact]
    public void AState_ThatIsDurableAhead_IsRefused() => Refuse(state => state.DurableStep = 5, "Durable is what was completed");

    [Fact]
    public void AState_ThatGivesAnAnsweredShard_IsRefused() => Refuse(
        state =>
        {
            state.Shards.TakeBack(0);
            state.Shards.Answer(0, 4);
            state.Shards.Give(new(0), 0, 4);
        },
        "Nobody computes what is answered");

    [Fact]
    public void AState_ThatForgetsWork_IsRefused() =>
        Refuse(state => state.Members.Relieve(state.Members.IndexOf(state.Shards.TakeBack(0).Worker)), "Shards do not lie");

    [Fact]
    public void AState_InAPhaseWithoutItsWork_IsRefused() =>
        Refuse(state => state.Phase = Phase.Committing, "The phase is what the tables say");

    private static void Refuse(Action<CoordinatorState> spoil, string rule)
    {
        var script = CoordinatorScript.Begun(2);
        var invariants = new Invariants(script.State);
        invariants.Check(script.Rules);

        spoil(script.State);

        Should.Throw<UnreachableException>(() => invariants.Check(script.Rules)).Message.ShouldContain(rule);
    }
}
