using Backprop.Coordinator.Core;

namespace Backprop.Coordinator.Training;

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

    /// <summary>
    /// So many workers take part, whether the run waits for more, and whether it pauses. Told after everything that happens: costs nothing
    /// where that is not news.
    /// </summary>
    void Attended(int present, bool isWaiting, bool isPaused)
    {
        // Most who observe a run measure its steps and know its workers.
    }

    /// <summary>Something that people watching should know.</summary>
    void Said(string line);
}
