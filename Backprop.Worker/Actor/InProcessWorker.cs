using Backprop.Shared.Actors;
using Backprop.Shared.Gradients;
using Backprop.Worker.Core;

namespace Backprop.Worker.Actor;

/// <summary>
/// The shell of a worker that shares its coordinator's process: no socket and no thread of its own. Its slot computes what the core was
/// assigned together with the other slots; then each piece is told to the core as done, and what the core answers goes on to the
/// coordinator.
/// </summary>
/// <param name="worksMaximum">The most spans or blocks that can be assigned at once.</param>
internal sealed class InProcessWorker(int worksMaximum)
{
    private readonly WorkerState _state = new(worksMaximum);
    private readonly EffectList<WorkerEffect> _effects = new();

    /// <summary>Tells the core what the coordinator sent.</summary>
    public void Tell(in WorkerInput input) => WorkerCore.Advance(_state, input, _effects);

    /// <summary>Tells the core that a piece is computed.</summary>
    /// <returns>True where the core answers it; <paramref name="answer"/> then has the newest assignment's number.</returns>
    public bool Finish(in Assignment work, bool finite, out WorkerEffect answer)
    {
        WorkerCore.Advance(_state, WorkerInput.ComputeDone(work, finite), _effects);
        answer = default;
        var answers = false;
        foreach (ref readonly var effect in _effects.AsSpan())
        {
            // The core also says what to compute next; the slot has computed it already.
            if (effect.Kind == WorkerEffectKind.Answer)
            {
                (answer, answers) = (effect, true);
            }
        }

        return answers;
    }
}
