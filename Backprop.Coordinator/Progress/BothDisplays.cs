using Backprop.Coordinator.Training;
using Backprop.Shared.Checkpoints;

namespace Backprop.Coordinator.Progress;

/// <summary>Two displays that show the same run, the first one first.</summary>
internal sealed class BothDisplays(IProgressDisplay first, IProgressDisplay second) : IProgressDisplay
{
    /// <inheritdoc/>
    public void Step(in StepReport step)
    {
        first.Step(step);
        second.Step(step);
    }

    /// <inheritdoc/>
    public void Evaluated(Evaluation evaluation, bool best)
    {
        first.Evaluated(evaluation, best);
        second.Evaluated(evaluation, best);
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

    /// <inheritdoc/>
    public void Warned(string line)
    {
        first.Warned(line);
        second.Warned(line);
    }
}
