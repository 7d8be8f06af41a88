using Backprop.Shared.Gradients;

namespace Backprop.Worker.Core;

/// <summary>
/// What a shell of the worker's core must be able to do: one method for each effect.
/// <see cref="WorkerEffectRunner.Perform"/> calls them, for the real worker and for the simulated one.
/// </summary>
internal interface IWorkerEffects
{
    /// <summary>Begin a pass, with the weights that are here; it ends in ComputeDone or ComputeFailed.</summary>
    void Compute(in Assignment assignment);

    /// <summary>What is being computed is to be answered under this newer number.</summary>
    void Renumber(in Assignment assignment);

    /// <summary>The pass is of no use: end it at the next layer. It still ends in ComputeDone or ComputeFailed.</summary>
    void Abandon();

    /// <summary>Send what the pass gave.</summary>
    /// <param name="finite">What ComputeDone said.</param>
    void Answer(in Assignment assignment, bool finite);

    /// <summary>The answer to this very assignment is not needed, where it has not left. Shards or blocks is not known.</summary>
    void Withdraw(in Assignment assignment);

    /// <summary>Steps up to this one are over: answers for them are not needed, where they have not left.</summary>
    void WithdrawUpTo(int step);

    /// <summary>Say that this worker goes and hand everything back. Only the end can follow, if the coordinator still says it.</summary>
    void Leave();

    /// <summary>The coordinator has ended it: there is nothing to say, and nothing follows.</summary>
    void End();
}
