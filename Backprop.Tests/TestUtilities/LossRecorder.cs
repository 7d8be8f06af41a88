using Backprop.Coordinator.Core;
using Backprop.Coordinator.Training;

namespace Backprop.Tests.TestUtilities;

/// <summary>Keeps each step's loss and the norm of its gradient, as the ledger has them.</summary>
internal sealed class LossRecorder : NoRecord
{
    public List<double> Losses { get; } = [];

    public List<double> Norms { get; } = [];

    public override void Committed(in StepReport step, ReadOnlySpan<AcceptedSpan> answers)
    {
        Losses.Add(step.Loss);
        Norms.Add(step.GradientNorm);
    }
}
