using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using Backprop.Shared.Gradients;

namespace Backprop.Coordinator.Core;

/// <summary>
/// What must hold after every input, checked in simulation. One object watches one state: it remembers what must never go back.
/// A violation is a defect of the core, never a consequence of what happened to it.
/// </summary>
internal sealed class Invariants(CoordinatorState state)
{
    private int _completed = state.Completed;
    private int _generation = state.Generation;
    private int _durable = state.DurableStep;
    private TimeSpan _now = state.Now;

    /// <summary>Throws where the state contradicts itself, or went back.</summary>
    public void Check(Rules rules)
    {
        Require(state.Completed >= _completed && state.Completed <= _completed + 1, "Steps are committed once and in order.");
        Require(state.Generation >= _generation, "The generation never goes back.");
        Require(state.DurableStep >= _durable && state.DurableStep <= state.Completed, "Durable is what was completed, and stays so.");
        Require(state.Now >= _now, "Time never goes back.");
        Require(state.Step == state.Completed || state.Step == state.Completed + 1, "One step is under way at most.");
        Require(state.CheckpointInFlight <= state.Completed, "A checkpoint holds completed steps.");
        CheckMembers(state, rules);
        CheckUnits(state, state.Shards);
        CheckUnits(state, state.Blocks);
        CheckSuspicions(state);
        CheckPhase(state);
        CheckPause(state, rules);
        CheckNobodyIsForgotten(state);
        (_completed, _generation, _durable, _now) = (state.Completed, state.Generation, state.DurableStep, state.Now);
    }

    private static void CheckMembers(CoordinatorState state, Rules rules)
    {
        var members = state.Members;
        Require(members.Count <= rules.WorkersMaximum, "There is no worker beyond the maximum.");
        var mustWait = members.Count < rules.WorkersMinimum;
        Require(!state.IsStarted || state.IsWaiting == mustWait, "The run waits below the minimum, and only there.");
        var idle = 0;
        var working = 0;
        for (var m = 0; m < members.Count; m++)
        {
            Require(m == 0 || members[m - 1].Id.Value < members[m].Id.Value, "Workers are sorted and differ.");
            Require(members[m].Strikes < rules.StrikesMaximum, "A worker with too many strikes is gone.");
            Require(!state.WasDismissed(members[m].Id), "A dismissed worker is gone.");
            Require(members[m].Outstanding == Held(state, members[m].Id), "A worker has what the tables say.");
            idle += members.IsFree(m) ? 1 : 0;
            working += members[m].IsResting ? 0 : 1;
            Require(!members[m].IsResting || members[m].Outstanding == 0, "Who rests has nothing to do.");
        }

        Require(idle == members.Idle && working == members.Working, "The idle are counted.");
        Require(working > 0 || members.Count == 0, "Somebody may be given work.");
    }

    private static int Held(CoordinatorState state, WorkerId worker)
    {
        var held = 0;
        foreach (var given in state.Shards.Given)
        {
            held += given.Worker == worker ? 1 : 0;
        }

        foreach (var given in state.Blocks.Given)
        {
            held += given.Worker == worker ? 1 : 0;
        }

        return held;
    }

    private static void CheckUnits(CoordinatorState state, UnitTable units)
    {
        var missing = 0;
        var unassigned = 0;
        for (var unit = 0; unit < units.Units; unit++)
        {
            missing += units.IsMissing(unit) ? 1 : 0;
            unassigned += units.IsMissing(unit) && units.HoldersOf(unit) == 0 ? 1 : 0;
            Require(units.HoldersOf(unit) <= state.Members.Count, "A worker has a unit once.");
        }

        Require(missing == units.Missing && unassigned == units.Unassigned, "The units are counted.");
        foreach (var given in units.Given)
        {
            var assignment = given.Assignment;
            Require(state.Members.IndexOf(given.Worker) >= 0, "Only workers that are there have work.");
            var coverage = units.Coverage(assignment.First, assignment.Count);
            Require(coverage is { Missing: > 0, Answered: 0 }, "Nobody computes what is answered.");
            foreach (var other in units.Given)
            {
                var same = other.Assignment.IsSameAs(in assignment);
                Require(same || !other.Assignment.Overlaps(in assignment), "Work is cut in one way at a time.");
                Require(!same || other == given || other.Worker != given.Worker, "A worker has a range once.");
            }
        }
    }

    private static void CheckSuspicions(CoordinatorState state)
    {
        for (var i = 0; i < state.Suspicions.Count; i++)
        {
            var suspicion = state.Suspicions[i];
            Require(state.Phase == Phase.Computing, "Suspicions belong to a step.");
            var coverage = state.Shards.Coverage(suspicion.Span.First, suspicion.Span.Count);
            Require(coverage is { Missing: > 0, Answered: 0 }, "What is under suspicion is not answered.");
        }
    }

    /// <summary>A pause loses nothing, and what people asked for is not forgotten.</summary>
    private static void CheckPause(CoordinatorState state, Rules rules)
    {
        var isWritten = state.Completed <= Math.Max(0, Math.Max(state.DurableStep, state.CheckpointInFlight));
        var loses = state.Phase == Phase.Paused && rules.Checkpoints && !isWritten && !state.CheckpointOwed;
        Require(!loses, "A run that pauses has written its weights, or will.");
        Require(rules.Checkpoints || !state.CheckpointOwed, "No checkpoint is owed where none is kept.");
    }

    private static bool IsEmpty(CoordinatorState state) => state.Shards.Missing == 0 && state.Blocks.Missing == 0;

    private static void CheckPhase(CoordinatorState state)
    {
        var shards = state.Shards;
        var blocks = state.Blocks;
        var holds = state.Phase switch
        {
            Phase.Gathering => IsEmpty(state) && (!state.IsStarted || (state.IsWaiting && !state.PauseRequested)),
            Phase.Computing => shards.Missing > 0 && state.Step == state.Completed + 1,
            Phase.Committing => shards.Missing == 0 && state.Step == state.Completed + 1,
            Phase.Evaluating => blocks.Missing > 0 && state.Step == state.Completed,
            Phase.Folding => blocks.Missing == 0 && state.Step == state.Completed,
            Phase.Holding => state.CheckpointInFlight >= 0 || state.CheckpointFailures > 0,
            Phase.Paused => IsEmpty(state) && state.IsStarted && state.PauseRequested && state.Outcome == RunOutcome.None,
            Phase.Finished => state.Outcome != RunOutcome.None,
        };
        Require(holds, "The phase is what the tables say.");
        var waits = state.Phase is Phase.Holding or Phase.Finished || state.Outcome == RunOutcome.None;
        Require(waits, "Nothing is computed once the end is decided.");
    }

    /// <summary>Work that can be given is given: the run cannot stand still while somebody is idle.</summary>
    private static void CheckNobodyIsForgotten(CoordinatorState state)
    {
        if (state.IsWaiting || state.Members.Idle == 0)
        {
            return;
        }

        Require(state.Phase != Phase.Evaluating || state.Blocks.Unassigned == 0, "Blocks do not lie while workers are idle.");
        if (state.Phase != Phase.Computing || state.Shards.Unassigned == 0)
        {
            return;
        }

        // What nobody has is under suspicion, and the idle are those who may not judge it.
        for (var shard = 0; shard < state.Shards.Units; shard++)
        {
            if (state.Shards.IsMissing(shard) && state.Shards.HoldersOf(shard) == 0)
            {
                Require(MustWait(state, shard), "Shards do not lie while workers are idle.");
            }
        }
    }

    private static bool MustWait(CoordinatorState state, int shard)
    {
        for (var i = 0; i < state.Suspicions.Count; i++)
        {
            var suspicion = state.Suspicions[i];
            if (suspicion.Span.Overlaps(new ShardSpan(shard, 1)))
            {
                var accused = state.Members.IndexOf(suspicion.Worker);
                return state.Members.Idle == 1 && state.Members.Working > 1 && accused >= 0 && state.Members.IsFree(accused);
            }
        }

        return false;
    }

    private static void Require([DoesNotReturnIf(false)] bool holds, string rule)
    {
        if (!holds)
        {
            throw new UnreachableException(rule);
        }
    }
}
