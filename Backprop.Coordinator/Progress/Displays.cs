using Backprop.Coordinator.Embedded;

namespace Backprop.Coordinator.Progress;

/// <summary>Two displays that show the same run, the first one first; the second may come later.</summary>
internal sealed class Displays(IProgressDisplay first) : IProgressDisplay
{
    /// <summary>The second; null: not there yet.</summary>
    public IProgressDisplay? Second { get; set; }

    /// <inheritdoc/>
    public void Step(in StepReport step, double samplesPerSecond)
    {
        first.Step(step, samplesPerSecond);
        Second?.Step(step, samplesPerSecond);
    }

    /// <inheritdoc/>
    public void Evaluated(int step, int epoch, IReadOnlyDictionary<string, double> results, bool best)
    {
        first.Evaluated(step, epoch, results, best);
        Second?.Evaluated(step, epoch, results, best);
    }

    /// <inheritdoc/>
    public void Durable(long step, string path)
    {
        first.Durable(step, path);
        Second?.Durable(step, path);
    }

    /// <inheritdoc/>
    public void NotDurable(long step, string reason)
    {
        first.NotDurable(step, reason);
        Second?.NotDurable(step, reason);
    }

    /// <inheritdoc/>
    public void Said(string line)
    {
        first.Said(line);
        Second?.Said(line);
    }
}
