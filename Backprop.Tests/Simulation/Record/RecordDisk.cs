using System.Collections.Immutable;
using Backprop.Coordinator.Cluster.Record;

namespace Backprop.Tests.Simulation.Record;

/// <summary>A node's disk: what is on it survives every crash.</summary>
internal sealed class RecordDisk
{
    /// <summary>The highest term that was promised.</summary>
    public long Promised { get; private set; }

    /// <summary>To whom.</summary>
    public string PromisedTo { get; private set; } = "";

    /// <summary>The entries.</summary>
    public ImmutableList<RecordEntry> Log { get; private set; } = [];

    /// <summary>The files that entries name, by path.</summary>
    public HashSet<string> Files { get; } = [];

    /// <summary>Nothing more can be written.</summary>
    public bool IsFull { get; set; }

    /// <summary>Whether a state has something that must be written first.</summary>
    public bool Lacks(RecordState state) =>
        state.Promised != Promised || state.PromisedTo != PromisedTo || !ReferenceEquals(state.Log, Log);

    public void Write(RecordState state)
    {
        (Promised, PromisedTo) = (state.Promised, state.PromisedTo);
        Log = state.Log;
    }

    /// <summary>Writes the entries alone, as a defect.</summary>
    public void WriteLog(ImmutableList<RecordEntry> log) => Log = log;

    /// <summary>Whether all files are here that an entry names.</summary>
    public bool HasFilesOf(RecordEntry entry)
    {
        foreach (var file in entry.What.Kept ?? [])
        {
            if (!Files.Contains(file.Path))
            {
                return false;
            }
        }

        return true;
    }
}
