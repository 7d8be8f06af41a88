using System.Text;
using Backprop.Coordinator.Cluster.Record;

namespace Backprop.Tests.Simulation.Record;

/// <summary>The newest of what happened, for the report of a failing seed; and a hash over all of it, to compare two runs.</summary>
internal sealed class RecordJournal
{
    private const int Kept = 80;

    private readonly (long Time, int Node, RecordInput? Input, string Story, RecordState? State)[] _lines =
        new (long, int, RecordInput?, string, RecordState?)[Kept];

    private long _count;

    /// <summary>Over every input and what came of it, in order.</summary>
    public ulong Hash { get; private set; }

    public void Add(long time, RecordNode node, RecordInput input)
    {
        var state = node.State;
        Mix(((ulong)time << 8) ^ (uint)node.Index);
        Mix(((ulong)state.Promised << 40) ^ ((ulong)state.Committed << 20) ^ ((ulong)state.Log.Count << 4) ^ (ulong)state.Role);
        if (input is not RecordInput.Tick)
        {
            _lines[_count++ % Kept] = (time, node.Index, input, "", state);
        }
    }

    /// <summary>Notes what went wrong, in words.</summary>
    public void Tell(long time, string what)
    {
        Mix((ulong)time);
        _lines[_count++ % Kept] = (time, -1, null, what, null);
    }

    public override string ToString()
    {
        var text = new StringBuilder();
        for (var i = Math.Max(0, _count - Kept); i < _count; i++)
        {
            var (time, node, input, story, state) = _lines[i % Kept];
            text.AppendLine(input is null
                ? $"  {time / 1e6,10:F4} s  {story}"
                : $"  {time / 1e6,10:F4} s  {node}: {Describe(input)} -> {state!.Role} of {state.Promised}, "
                    + $"{state.Committed} of {state.Log.Count} committed");
        }

        return text.ToString();
    }

    private static string Describe(RecordInput input) => input is RecordInput.EntriesCame came
        ? $"{came.Entries.Count} entries of {came.From} in {came.Term} after {came.Before.Index} ({came.Before.Term}), "
            + $"{came.Committed} committed{(came.Resigns ? ", resigns" : "")}"
        : input.ToString();

    private void Mix(ulong word) => Hash = SimulationRandom.Mix(Hash ^ word);
}
