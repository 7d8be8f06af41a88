using Backprop.Coordinator.Core;

namespace Backprop.Tests.Simulation;

/// <summary>What a simulated coordinator has told people, which must be what the core knows.</summary>
internal sealed class SaidToPeople
{
    public bool IsWaiting { get; set; }

    public bool IsPaused { get; set; }

    public int Idle { get; set; }

    public long Named { get; set; }

    public bool HasDiverged { get; set; }

    public void Check(CoordinatorState state, Reason reason)
    {
        if (state.Phase == Phase.Finished && state.Outcome == RunOutcome.Diverged && !HasDiverged)
        {
            throw new SimulationFailure("the run diverged and nobody was told");
        }

        if (state.IsStarted && (IsWaiting != state.IsWaiting || Idle != state.IdleReported))
        {
            throw new SimulationFailure($"people were told that the run waits: {IsWaiting}, and that {Idle} workers idle");
        }

        if (state.Outcome == RunOutcome.None && IsPaused != (state.Phase == Phase.Paused))
        {
            throw new SimulationFailure($"people were told that the run pauses: {IsPaused}, and it is {state.Phase}, after {reason}");
        }

        // A strike of a worker that is gone is told too.
        var strikes = 0L;
        for (var m = 0; m < state.Members.Count; m++)
        {
            strikes += state.Members[m].Strikes;
        }

        if (strikes > Named)
        {
            throw new SimulationFailure($"workers have {strikes} strikes, and {Named} were told, after {reason}");
        }
    }
}
