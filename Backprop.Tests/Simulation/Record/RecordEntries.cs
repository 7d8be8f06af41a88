using System.Collections.Immutable;
using Backprop.Coordinator.Cluster.Record;

namespace Backprop.Tests.Simulation.Record;

/// <summary>
/// What the disks have: at a place there is one entry of a term, the same object on every disk, and its files are beside it.
/// </summary>
internal sealed class RecordEntries(RecordWorld world)
{
    private readonly Dictionary<(long Term, int Place), RecordEntry> _known = [];

    public void OnSaved(RecordNode node, ImmutableList<RecordEntry> before)
    {
        var log = node.Disk.Log;
        if (ReferenceEquals(log, before))
        {
            return;
        }

        var same = Math.Min(before.Count, log.Count);
        while (same > 0 && !ReferenceEquals(before[same - 1], log[same - 1]))
        {
            same--;
        }

        world.Counts.CutOff += same < before.Count ? 1 : 0;
        RecordChecks.Require(
            same >= node.State.Committed || world.IsForced, $"{node.Id} had {node.State.Committed} committed and cut off all after {same}");
        for (var i = same; i < log.Count; i++)
        {
            var entry = log[i];
            RecordChecks.Require(
                i == 0 || log[i - 1].Term <= entry.Term, $"{node.Id} has an entry of {entry.Term} after one of a later term, at {i + 1}");
            RecordChecks.Require(
                _known.TryAdd((entry.Term, i), entry) || ReferenceEquals(_known[(entry.Term, i)], entry),
                $"two entries of {entry.Term} are at {i + 1}");
            RequireFiles(node, entry, i);
        }
    }

    public void OnStarted(RecordNode node)
    {
        var place = 0;
        foreach (var entry in node.Disk.Log)
        {
            RequireFiles(node, entry, place++);
        }
    }

    public void OnSaid(RecordNode node, RecordInput said) => RecordChecks.Require(
        said is not RecordInput.EntriesAnswered { IsTaken: true } answered || answered.Matched <= node.Disk.Log.Count,
        $"{node.Id} says that it has entries which are not on its disk");

    private static void RequireFiles(RecordNode node, RecordEntry entry, int place) =>
        RecordChecks.Require(
            node.IsWitness || node.Disk.HasFilesOf(entry), $"{node.Id} has entry {place + 1} of {entry.Term} without its file");
}
