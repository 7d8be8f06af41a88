using Backprop.Coordinator.Cluster.Record;

namespace Backprop.Tests.Simulation.Record;

/// <summary>Puts a defect around the real core.</summary>
internal sealed class RecordSaboteur(RecordSabotage sabotage)
{
    public RecordSabotage Sabotage => sabotage;

    public RecordRules Alter(RecordRules rules) =>
        sabotage == RecordSabotage.SamePause ? rules with { Spread = TimeSpan.Zero } : rules;

    /// <summary>What comes of an input.</summary>
    public RecordOutput Alter(RecordState before, RecordInput input, RecordOutput output) => (sabotage, input) switch
    {
        (RecordSabotage.PromisedTwice, RecordInput.PromiseAsked { IsTrial: false } asked) when asked.Term == before.Promised =>
            output with { Promise = new(IsGiven: true, before.Promised) },
        (RecordSabotage.EarlierTermsCounted, RecordInput.EntriesAnswered) when output.State.Leads =>
            output with { State = CountAll(output.State) },
        (RecordSabotage.VotersAtWill, RecordInput.Proposed { What.Voters: not null } proposed) when output.IsRefused && before.Leads =>
            new(before with { Log = before.Log.Add(new RecordEntry(before.Promised, proposed.What)) }) { Sends = true },
        (RecordSabotage.LeaderNeverCeases, RecordInput.Tick) when before.Leads => new(before),
        (RecordSabotage.NobodyTries, RecordInput.Tick) when before.Promised > 1 && !before.Leads => new(before),
        _ => output,
    };

    /// <summary>What is written.</summary>
    public void Write(RecordDisk disk, RecordState state)
    {
        if (sabotage == RecordSabotage.PromiseNotSaved && ReferenceEquals(state.Log, disk.Log))
        {
            return;
        }

        disk.Write(state);
    }

    /// <summary>What a crash leaves.</summary>
    public void Lose(RecordDisk disk)
    {
        if (sabotage == RecordSabotage.FilesNotSaved)
        {
            disk.Files.Clear();
        }
        else if (sabotage == RecordSabotage.LastEntryNotSaved && disk.Log.Count > 1)
        {
            disk.WriteLog(disk.Log.RemoveAt(disk.Log.Count - 1));
        }
    }

    /// <summary>Who asks for a promise.</summary>
    public RecordInput.PromiseAsked Ask(RecordInput.PromiseAsked asks) =>
        sabotage == RecordSabotage.PositionOfPromise ? asks with { Last = asks.Last with { Term = asks.Term } } : asks;

    /// <summary>What a follower takes.</summary>
    public RecordInput.EntriesCame Feed(RecordNode node, RecordInput.EntriesCame came)
    {
        var log = node.State.Log;
        return sabotage == RecordSabotage.BeforeNotChecked && came.Before.Index <= log.Count
            ? came with { Before = Position.At(log, came.Before.Index) }
            : came;
    }

    private static RecordState CountAll(RecordState state)
    {
        var has = state.Voters
            .Select(voter => voter == state.Self ? state.Log.Count : state.Peers.GetValueOrDefault(voter).Matched)
            .OrderDescending().ToList();
        return state with { Committed = Math.Max(state.Committed, has[has.Count / 2]) };
    }
}
