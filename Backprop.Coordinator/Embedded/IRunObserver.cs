using Backprop.Coordinator.Core;

namespace Backprop.Coordinator.Embedded;

/// <summary>
/// What happens in a run, told in order and one thing at a time, by whichever thread decided it. Between two steps nothing else runs:
/// be brief.
/// </summary>
internal interface IRunObserver
{
    /// <summary>A step is committed. Called in a step's path: allocate nothing.</summary>
    /// <exception cref="Shared.Primitives.UserException">The ledger cannot be written: the run stops.</exception>
    void Committed(in StepReport step, ReadOnlySpan<AcceptedSpan> answers);

    /// <summary>An evaluation is complete: the mean loss, then each metric.</summary>
    /// <returns>True where it is the best so far.</returns>
    bool Evaluated(int step, double[] results);

    /// <summary>A checkpoint is due; <paramref name="done"/> is told, on any thread, whether it is durable.</summary>
    void Checkpoint(in StepReport step, bool best, Action<bool> done);

    /// <summary>Something that people watching should know.</summary>
    void Said(string line);
}

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
