using Backprop.Coordinator.Embedded;

namespace Backprop.Coordinator.Progress;

/// <summary>Two displays that show the same run, the first one first.</summary>
internal sealed class Displays(IProgressDisplay first, IProgressDisplay second) : IProgressDisplay
{
    /// <inheritdoc/>
    public void Step(in StepReport step, double samplesPerSecond)
    {
        first.Step(step, samplesPerSecond);
        second.Step(step, samplesPerSecond);
    }

    /// <inheritdoc/>
    public void Evaluated(int step, int epoch, IReadOnlyDictionary<string, double> results, bool best)
    {
        first.Evaluated(step, epoch, results, best);
        second.Evaluated(step, epoch, results, best);
    }

    /// <inheritdoc/>
    public void Durable(long step, string path)
    {
        first.Durable(step, path);
        second.Durable(step, path);
    }

    /// <inheritdoc/>
    public void NotDurable(long step, string reason)
    {
        first.NotDurable(step, reason);
        second.NotDurable(step, reason);
    }

    /// <inheritdoc/>
    public void Said(string line)
    {
        first.Said(line);
        second.Said(line);
    }
}
