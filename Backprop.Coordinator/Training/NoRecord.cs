using Backprop.Coordinator.Core;

namespace Backprop.Coordinator.Training;

/// <summary>Keeps nothing of a run: for one whose weights alone are wanted, and as the base of those that keep a single thing.</summary>
internal class NoRecord : IRunObserver
{
    /// <inheritdoc/>
    public virtual void Committed(in StepReport step, ReadOnlySpan<AcceptedSpan> answers)
    {
        // There is no ledger.
    }

    /// <inheritdoc/>
    public virtual bool Evaluated(int step, double[] results) => false;

    /// <inheritdoc/>
    public void Checkpoint(in StepReport step, bool best, Action<bool> done) => done(true);

    /// <inheritdoc/>
    public void Said(string line)
    {
        // Nobody watches.
    }
}
