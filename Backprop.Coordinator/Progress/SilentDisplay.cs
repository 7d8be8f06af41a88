using Backprop.Coordinator.Training;
using Backprop.Shared.Checkpoints;

namespace Backprop.Coordinator.Progress;

/// <summary>Shows nothing: for benchmarks and for runs from code.</summary>
internal sealed class SilentDisplay : IProgressDisplay
{
    public void Step(in StepReport step)
    {
        // Nobody watches.
    }

    public void Evaluated(Evaluation evaluation, bool best)
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

    public void Warned(string line)
    {
        // Nobody watches.
    }
}
