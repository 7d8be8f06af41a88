using System.Text;
using Backprop.Coordinator.Core;
using Backprop.Shared.Gradients;

namespace Backprop.Tests.Simulation;

/// <summary>
/// The newest inputs and what came of them, for the report of a failing seed; and a hash over all of it, to compare two runs.
/// </summary>
internal sealed class Journal
{
    private const int Kept = 50;

    private readonly (long Time, Input Input, Reason Reason, Phase Phase)[] _entries = new (long, Input, Reason, Phase)[Kept];
    private readonly Queue<string> _story = new();
    private readonly long[] _reasons = new long[Enum.GetValues<Reason>().Length];
    private long _count;

    /// <summary>Over every input, reason and effect in order.</summary>
    public ulong Hash { get; private set; }

    /// <summary>How often each reason was given.</summary>
    public ReadOnlySpan<long> Reasons => _reasons;

    public void Add(long time, in Input input, Reason reason, Phase phase)
    {
        _entries[_count++ % Kept] = (time, input, reason, phase);
        _reasons[(int)reason]++;
        Mix(((ulong)time << 16) ^ ((ulong)input.Kind << 8) ^ (ulong)reason);
        Mix(((ulong)(uint)input.Worker.Value << 32) ^ ((ulong)(uint)input.Step << 16) ^ Mixed(input.Assignment));
    }

    /// <summary>Notes what went wrong, in words.</summary>
    public void Tell(long time, string what)
    {
        _story.Enqueue($"  {time,8} us  {what}");
        if (_story.Count > Kept)
        {
            _story.Dequeue();
        }
    }

    public void Add(in Effect effect)
    {
        Mix(((ulong)effect.Kind << 48) ^ ((ulong)(uint)effect.Worker.Value << 32) ^ (uint)effect.Step);
        Mix(((ulong)(uint)effect.Assignment.Attempt << 40) ^ Mixed(effect.Assignment));
    }

    public override string ToString()
    {
        var text = new StringBuilder();
        foreach (var line in _story)
        {
            text.AppendLine(line);
        }

        text.AppendLine("The last inputs:");
        for (var i = Math.Max(0, _count - Kept); i < _count; i++)
        {
            var (time, input, reason, phase) = _entries[i % Kept];
            text.Append($"  {time,8} us  {input.Kind,-16} worker {input.Worker} step {input.Step} [{input.Assignment.Span}]");
            text.AppendLine($" attempt {input.Assignment.Attempt} {(input.IsFinite || input.IsBest ? "yes" : "no")} -> {reason}, {phase}");
        }

        return text.ToString();
    }

    private static ulong Mixed(in Assignment assignment) => ((ulong)(uint)assignment.First << 8) ^ (uint)assignment.Count;

    private void Mix(ulong word) => Hash = SimulationRandom.Mix(Hash ^ word);
}
