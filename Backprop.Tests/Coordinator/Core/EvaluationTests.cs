using Backprop.Coordinator.Core;
using Backprop.Shared.Gradients;

namespace Backprop.Tests.Coordinator.Core;

/// <summary>Evaluations between two steps.</summary>
public sealed class EvaluationTests
{
    private static Rules WithBlocks(int blocks) =>
        CoordinatorScript.SmallRules with { EvaluationBlocks = blocks, EvaluateEverySteps = 2, CheckpointEverySteps = 2 };

    [Fact]
    public void Evaluation_FollowsTheLedgerAndComesBeforeTheCheckpoint()
    {
        var script = CoordinatorScript.Begun(2, WithBlocks(8));
        script.CompleteStep();
        script.State.Phase.ShouldBe(Phase.Computing);

        script.CompleteStep();
        script.Kinds.ShouldBe(
        [
            EffectKind.PublishWeights, EffectKind.AppendLedger,
            EffectKind.BeginEvaluation, EffectKind.Assign, EffectKind.Assign,
        ]);
        script.CompleteEvaluation().ShouldBe(Reason.EvaluationFolded);

        script.Kinds[..2].ShouldBe([EffectKind.WriteCheckpoint, EffectKind.BeginStep]);
    }

    [Fact]
    public void Evaluation_GivesNobodyMoreBlocksAtOnceThanOneAnswerHasRoomFor()
    {
        var script = CoordinatorScript.Begun(2, WithBlocks(20) with { BlocksAtOnce = 3, Speculate = true });
        script.CompleteStep();
        script.CompleteStep();
        var given = new List<int>();

        while (script.State.Phase == Phase.Evaluating)
        {
            given.AddRange(script.Effects.Where(e => e.Kind == EffectKind.Assign).Select(e => e.Assignment.Count));
            var next = script.State.Blocks.Given[0];
            script.Give(Input.BlocksAnswered(next.Worker, next.Assignment));
        }

        given.Max().ShouldBe(3);
        given.Sum().ShouldBe(20);
        script.Kinds[^1].ShouldBe(EffectKind.FoldEvaluation);
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(1, 20)]
    [InlineData(3, 20)]
    [InlineData(5, 3)]
    public void Evaluation_ByAnyNumberOfWorkers_TakesEveryBlockOnce(int workers, int blocks)
    {
        var script = CoordinatorScript.Begun(workers, WithBlocks(blocks));
        script.CompleteStep();
        script.CompleteStep();
        var taken = new int[blocks];

        while (script.State.Phase == Phase.Evaluating)
        {
            var given = script.State.Blocks.Given[^1];
            script.Give(Input.BlocksAnswered(given.Worker, given.Assignment));
            foreach (var effect in script.Effects.Where(e => e.Kind == EffectKind.TakeResults))
            {
                for (var block = effect.Assignment.First; block < effect.Assignment.End; block++)
                {
                    taken[block]++;
                }
            }
        }

        taken.ShouldAllBe(t => t == 1);
        script.Kinds[^1].ShouldBe(EffectKind.FoldEvaluation);
    }

    [Fact]
    public void WorkerLost_InAnEvaluation_ItsBlocksGoToOthers()
    {
        var script = CoordinatorScript.Begun(2, WithBlocks(2));
        script.CompleteStep();
        script.CompleteStep();
        script.Give(Input.WorkerLost(new(0)));

        script.CompleteEvaluation().ShouldBe(Reason.EvaluationFolded);
    }

    [Fact]
    public void BlocksAnswered_LateSecondOrMalformed_AreCountedAndDropped()
    {
        var script = CoordinatorScript.Begun(2, WithBlocks(8));
        script.CompleteStep();
        script.CompleteStep();
        script.Give(Input.BlocksAnswered(new(0), Assignment.Blocks(2, 0, 2, 1))).ShouldBe(Reason.BlocksTaken);

        script.Give(Input.BlocksAnswered(new(0), Assignment.Blocks(2, 0, 2, 1))).ShouldBe(Reason.AnswerRepeated);
        script.Give(Input.BlocksAnswered(new(0), Assignment.Blocks(2, 1, 2, 1))).ShouldBe(Reason.AnswerOverlapping);
        script.Give(Input.BlocksAnswered(new(0), Assignment.Blocks(2, 7, 2, 1))).ShouldBe(Reason.AnswerMalformed);
        script.Give(Input.BlocksAnswered(new(0), Assignment.Blocks(2, int.MaxValue, int.MaxValue, 1))).ShouldBe(Reason.AnswerMalformed);
        script.Give(Input.BlocksAnswered(new(0), Assignment.Blocks(1, 0, 2, 1))).ShouldBe(Reason.AnswerLate);
        script.Give(Input.BlocksAnswered(new(0), Assignment.Blocks(3, 0, 2, 1))).ShouldBe(Reason.AnswerAhead);
    }

    [Fact]
    public void EvaluationFolded_TheBestSoFar_IsKept_EvenIfACheckpointIsBeingWritten()
    {
        var script = CoordinatorScript.Begun(1, WithBlocks(4) with { CheckpointEverySteps = 1 });
        script.CompleteStep();
        script.CompleteStep();

        script.CompleteEvaluation(best: true);
        script.State.Phase.ShouldBe(Phase.Holding);
        script.Give(Input.CheckpointDurable(1));

        script.Effects[0].ShouldBe(Effect.WriteCheckpoint(2, isBest: true));
        script.Kinds[1].ShouldBe(EffectKind.BeginStep);
    }

    [Fact]
    public void LastStep_WithAnEvaluationAtTheEnd_EvaluatesThenWritesThenCompletes()
    {
        var rules = CoordinatorScript.SmallRules with { Steps = 1, EvaluationBlocks = 3, EvaluateAtEnd = true };
        var script = CoordinatorScript.Begun(1, rules);
        script.CompleteStep();
        script.CompleteEvaluation();
        script.Kinds.ShouldBe([EffectKind.WriteCheckpoint]);

        script.Give(Input.CheckpointDurable(1));

        script.Effects[^1].Outcome.ShouldBe(RunOutcome.Completed);
    }

    [Fact]
    public void Start_OwingAnEvaluation_BeginsWithIt()
    {
        var script = new CoordinatorScript(WithBlocks(4), completed: 2, evaluationOwed: true);
        script.Give(Input.WorkerJoined(new(0)));

        script.Give(Input.Started());
        script.Kinds.ShouldBe([EffectKind.BeginEvaluation, EffectKind.Assign]);
        script.CompleteEvaluation();

        script.Kinds.ShouldBe([EffectKind.BeginStep, EffectKind.Assign]);
    }

    [Theory]
    [InlineData(0, 1, false, "4 8")]
    [InlineData(0, 2, true, "8 10")]
    [InlineData(3, 0, false, "3 6 9")]
    [InlineData(0, 0, true, "10")]
    public void Rules_SayAfterWhichStepsAnEvaluationFollows(int everySteps, int everyEpochs, bool atEnd, string expected)
    {
        var rules = CoordinatorScript.SmallRules with
        {
            Steps = 10,
            EvaluationBlocks = 1,
            EvaluateEverySteps = everySteps,
            EvaluateEveryEpochs = everyEpochs,
            EvaluateAtEnd = atEnd,
        };

        string.Join(' ', Enumerable.Range(0, 11).Where(rules.EvaluatesAfter)).ShouldBe(expected);
    }
}
