using System.Diagnostics;
using Backprop.Shared.Actors;

namespace Backprop.Worker.Core;

/// <summary>Hands the core's effects to a shell, in list order.</summary>
internal static class WorkerEffectRunner
{
    public static void Perform<TShell>(EffectList<WorkerEffect> effects, TShell shell)
        where TShell : IWorkerEffects
    {
        foreach (ref readonly var effect in effects.AsSpan())
        {
            switch (effect.Kind)
            {
                case WorkerEffectKind.Compute:
                    shell.Compute(effect.Assignment);
                    break;
                case WorkerEffectKind.Renumber:
                    shell.Renumber(effect.Assignment);
                    break;
                case WorkerEffectKind.Abandon:
                    shell.Abandon();
                    break;
                case WorkerEffectKind.Answer:
                    shell.Answer(effect.Assignment, effect.Finite);
                    break;
                case WorkerEffectKind.Withdraw:
                    shell.Withdraw(effect.Assignment);
                    break;
                case WorkerEffectKind.WithdrawUpTo:
                    shell.WithdrawUpTo(effect.Step);
                    break;
                case WorkerEffectKind.Leave:
                    shell.Leave();
                    break;
                case WorkerEffectKind.End:
                    shell.End();
                    break;
                default:
                    throw new UnreachableException($"There is no effect {effect.Kind}.");
            }
        }
    }
}
