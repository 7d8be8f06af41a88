using Backprop.Coordinator.Cluster.Orders;
using Backprop.Coordinator.Cluster.Record;
using Backprop.Coordinator.Diagnostics;
using Backprop.Coordinator.Storage;
using Backprop.Shared.Checkpoints;
using Backprop.Shared.Primitives;
using Microsoft.Extensions.Logging;

namespace Backprop.Coordinator.Cluster.Nodes;

/// <summary>
/// Makes a run's checkpoints what a takeover goes on from: each is an entry of the record, which a follower takes with its files. On the
/// thread that writes checkpoints: it waits for a majority, and the training does not.
/// </summary>
/// <param name="record">The record.</param>
/// <param name="folder">The node's.</param>
/// <param name="run">The run's id.</param>
/// <param name="term">The term in which this node leads.</param>
/// <param name="time">The clock.</param>
/// <param name="log">Where it is said that others take long.</param>
internal sealed class RunAgreement(
    RecordCopy record, NodeFolder folder, string run, long term, TimeProvider time, ILogger log) : IDisposable
{
    /// <summary>Longer than a large checkpoint takes across a network: then it is said that others do not take it.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly KeptFiles _files = new(folder.Path);

    /// <summary>Waits until a majority has a checkpoint that this node has on its disk, and the lines up to it.</summary>
    /// <exception cref="UserException">This node does not lead any more (exit code 10); it cannot be written (exit code 5).</exception>
    public void Agree(long step)
    {
        var index = record.Propose(new OrderEntry(EntryKind.Durable) { Of = run, Count = step, Kept = Files(step) }, term);
        var patience = Task.Delay(Patience, time);
        var hasWarned = false;
        while (true)
        {
            var changed = record.Changed;
            var state = record.State;
            if (index is null || !Leads(state))
            {
                throw Fenced();
            }

            if (state.Committed >= index)
            {
                return;
            }

            if (patience.IsCompleted && !hasWarned)
            {
                hasWarned = true;
                log.CheckpointLags(run, step, Patience.TotalSeconds);
            }

            (hasWarned ? changed : Task.WhenAny(changed, patience)).GetAwaiter().GetResult();
        }
    }

    /// <summary>What the run has on this node's disk up to a step: its newest checkpoint comes last, when the rest is there.</summary>
    /// <param name="step">The newest checkpoint's; null: whichever it is.</param>
    public IReadOnlyList<KeptFile> Files(long? step)
    {
        var path = folder.RunFolderOf(run);
        var checkpoints = new CheckpointStore(Path.Combine(path, RunFolderFiles.Checkpoints));
        var newest = step ?? checkpoints.List().Select(file => (long?)file.Step).FirstOrDefault();
        string?[] names =
        [
            .. new[] { RunFolderFiles.RunFile, RunFolderFiles.Ledger, RunFolderFiles.Metrics, RunFolderFiles.Summary }
                .Select(name => Path.Combine(path, name)),
            newest is { } last && checkpoints.FindBest(last) is { } best && best != last ? checkpoints.PathOf(best) : null,
            newest is { } of ? checkpoints.PathOf(of) : null,
        ];
        return [.. names.OfType<string>().Where(File.Exists).Select(_files.Describe)];
    }

    /// <summary>What this node does to the run still counts.</summary>
    /// <exception cref="UserException">It does not lead any more (exit code 10).</exception>
    public void RequireLead()
    {
        if (!Leads(record.State))
        {
            throw Fenced();
        }
    }

    /// <summary>How much of the ledger on this node's disk is what all agreed on with the newest checkpoint, in bytes.</summary>
    public long KnownLedger()
    {
        var ledger = Path.Combine(folder.RunFolderOf(run), RunFolderFiles.Ledger);
        var newest = record.State.Log.FindLast(entry => entry.What.Kind == EntryKind.Durable && entry.What.Of == run);
        var agreed = newest?.What.Kept?.FirstOrDefault(file => _files.PathOf(file.Path) == ledger);
        return agreed is not null && _files.Holds(agreed) ? agreed.Length : 0;
    }

    /// <inheritdoc/>
    public void Dispose() => _files.Dispose();

    private static UserException Fenced() =>
        new(ExitCode.Fenced, "This node does not coordinate any more: another goes on with the run.");

    private bool Leads(RecordState state) => state.Leads && state.Promised == term;
}
