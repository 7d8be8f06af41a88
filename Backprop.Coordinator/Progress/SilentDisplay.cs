using Backprop.Coordinator.Embedded;

namespace Backprop.Coordinator.Progress;

/// <summary>Shows nothing: for benchmarks and for runs from code.</summary>
internal sealed class SilentDisplay : IProgressDisplay
{
    public void Step(in StepReport step, double samplesPerSecond)
    {
        // Nobody watches.
    }

    public void Evaluated(int step, int epoch, IReadOnlyDictionary<string, double> results, bool best)
    {
        // Nobody watches.
    }

    public void Durable(long step, string path)
    {
        // Nobody watches.
    }

    public void NotDurable(long step, string reason)
    {
        // Nobody watches.
    }

    public void Said(string line)
    {
        // Nobody watches.
    }
}
