namespace Backprop.Coordinator.Training;

/// <summary>A committed step, as the ledger has it.</summary>
/// <param name="Step">1-based.</param>
/// <param name="Epoch">1-based.</param>
/// <param name="Samples">Samples of its batch.</param>
/// <param name="Loss">The batch's mean loss, before the update.</param>
/// <param name="Rate">The learning rate.</param>
/// <param name="GradientNorm">Of the averaged gradient, before clipping.</param>
/// <param name="ComputeMilliseconds">Forward and backward passes.</param>
/// <param name="ReduceMilliseconds">The fold over the spans and the norm.</param>
/// <param name="UpdateMilliseconds">Averaging and update.</param>
/// <param name="StepMilliseconds">From the end of the step before to the end of this one, without evaluations.</param>
internal readonly record struct StepReport(
    int Step,
    int Epoch,
    int Samples,
    double Loss,
    double Rate,
    double GradientNorm,
    double ComputeMilliseconds,
    double ReduceMilliseconds,
    double UpdateMilliseconds,
    double StepMilliseconds);
