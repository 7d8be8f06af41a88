using Backprop.Shared.Actors;
using Backprop.Shared.Gradients;
using Backprop.Worker.Core;

namespace Backprop.Tests.Worker.Core;

/// <summary>Every effect comes to the one method of the shell that is meant, in list order.</summary>
public sealed class WorkerEffectRunnerTests
{
    private static readonly Assignment Given = new(IsEvaluation: false, 3, 4, 2, 9);

    [Fact]
    public void EachEffectIsPerformedByItsOwnMethod()
    {
        var effects = new EffectList<WorkerEffect>();
        effects.Add(WorkerEffect.Compute(Given));
        effects.Add(WorkerEffect.Renumber(Given));
        effects.Add(WorkerEffect.Abandon());
        effects.Add(WorkerEffect.Answer(Given, finite: true));
        effects.Add(WorkerEffect.Withdraw(Given));
        effects.Add(WorkerEffect.WithdrawUpTo(7));
        effects.Add(WorkerEffect.Leave());
        effects.Add(WorkerEffect.End());
        effects.Count.ShouldBe(Enum.GetValues<WorkerEffectKind>().Length);
        var shell = new Recorder();

        WorkerEffectRunner.Perform(effects, shell);

        shell.Performed.ShouldBe(
            ["Compute 9", "Renumber 9", "Abandon", "Answer 9 True", "Withdraw 9", "WithdrawUpTo 7", "Leave", "End"]);
    }

    private sealed class Recorder : IWorkerEffects
    {
        public List<string> Performed { get; } = [];

        public void Compute(in Assignment assignment) => Performed.Add($"Compute {assignment.Attempt}");

        public void Renumber(in Assignment assignment) => Performed.Add($"Renumber {assignment.Attempt}");

        public void Abandon() => Performed.Add("Abandon");

        public void Answer(in Assignment assignment, bool finite) => Performed.Add($"Answer {assignment.Attempt} {finite}");

        public void Withdraw(in Assignment assignment) => Performed.Add($"Withdraw {assignment.Attempt}");

        public void WithdrawUpTo(int step) => Performed.Add($"WithdrawUpTo {step}");

        public void Leave() => Performed.Add("Leave");

        public void End() => Performed.Add("End");
    }
}
