using System.Diagnostics;

namespace Backprop.Coordinator.Core;

/// <summary>Turns an order into a call of the shell. The one place that knows all kinds.</summary>
internal static class EffectRunner
{
    /// <summary>Has a shell perform one effect.</summary>
    public static void PerformOn<TShell>(this in Effect effect, TShell shell)
        where TShell : ICoordinatorEffects
    {
        switch (effect.Kind)
        {
            case EffectKind.SendFirstWeights:
                shell.SendFirstWeights(effect.Worker, effect.Step);
                break;
            case EffectKind.Refuse:
                shell.Refuse(effect.Worker);
                break;
            case EffectKind.Dismiss:
                shell.Dismiss(effect.Worker, effect.Strikes);
                break;
            case EffectKind.BeginStep:
                shell.BeginStep(effect.Step, effect.Samples);
                break;
            case EffectKind.Assign:
                shell.Assign(effect.Worker, effect.Assignment, effect.Generation);
                break;
            case EffectKind.Cancel:
                shell.Cancel(effect.Worker, effect.Assignment, effect.Generation);
                break;
            case EffectKind.TakeGradient:
                shell.TakeGradient(effect.Worker, effect.Assignment);
                break;
            case EffectKind.Commit:
                shell.Commit(effect.Step, effect.Samples);
                break;
            case EffectKind.PublishWeights:
                shell.PublishWeights(effect.Step);
                break;
            case EffectKind.AppendLedger:
                shell.AppendLedger(effect.Step, effect.Samples);
                break;
            case EffectKind.BeginEvaluation:
                shell.BeginEvaluation(effect.Step, effect.Blocks);
                break;
            case EffectKind.TakeResults:
                shell.TakeResults(effect.Worker, effect.Assignment);
                break;
            case EffectKind.FoldEvaluation:
                shell.FoldEvaluation(effect.Step, effect.Blocks);
                break;
            case EffectKind.WriteCheckpoint:
                shell.WriteCheckpoint(effect.Step, effect.IsBest);
                break;
            default:
                effect.SayOn(shell);
                break;
        }
    }

    /// <summary>The rest: what people are told.</summary>
    private static void SayOn<TShell>(this in Effect effect, TShell shell)
        where TShell : ICoordinatorEffects
    {
        switch (effect.Kind)
        {
            case EffectKind.ReportNotFinite:
                shell.ReportNotFinite(effect.Worker, effect.Step, effect.Strikes);
                break;
            case EffectKind.Diverge:
                shell.Diverge(effect.Step, effect.Worker, effect.Assignment);
                break;
            case EffectKind.ReportWaiting:
                shell.ReportWaiting(effect.Present, effect.Needed);
                break;
            case EffectKind.ReportEnough:
                shell.ReportEnough(effect.Present);
                break;
            case EffectKind.ReportIdle:
                shell.ReportIdle(effect.Idle);
                break;
            case EffectKind.ReportPaused:
                shell.ReportPaused(effect.Step);
                break;
            case EffectKind.ReportResumed:
                shell.ReportResumed(effect.Step);
                break;
            case EffectKind.Finish:
                shell.Finish(effect.Step, effect.Outcome);
                break;
            default:
                throw new UnreachableException($"There is no effect {effect.Kind}.");
        }
    }
}
