using Backprop.Coordinator.Core;
using Backprop.Shared.Gradients;

namespace Backprop.Tests.Coordinator.Core;

/// <summary>
/// Every kind of input in every phase, with arguments that fit and arguments that do not: the core answers with a reason, always.
/// </summary>
public sealed class InputMatrixTests
{
    private static readonly int[] Numbers = [int.MinValue, -1, 0, 1, 2, 3, 8, int.MaxValue];

    public static TheoryData<string> Phases => [.. Enum.GetNames<Phase>()];

    [Theory]
    [MemberData(nameof(Phases))]
    public void EveryInput_InEveryPhase_IsAnsweredWithAReason(string name)
    {
        var phase = Enum.Parse<Phase>(name);
        foreach (var kind in Enum.GetValues<InputKind>())
        {
            foreach (var input in Variants(kind))
            {
                var script = Reach(phase);

                // The script checks the invariants after each input; afterwards the run must still be able to go on.
                Enum.IsDefined(script.Give(input)).ShouldBeTrue();
                script.Give(Input.Tick());
                script.Give(Input.WorkerJoined(new(77)));
                script.Give(Input.StopRequested());
            }
        }
    }

    [Theory]
    [MemberData(nameof(Phases))]
    public void EveryPhase_CanBeReached(string name)
    {
        Reach(Enum.Parse<Phase>(name)).State.Phase.ShouldBe(Enum.Parse<Phase>(name));
    }

    private static CoordinatorScript Reach(Phase phase)
    {
        var rules = CoordinatorScript.SmallRules with
        {
            EvaluationBlocks = 4,
            EvaluateEverySteps = 1,
            CheckpointEverySteps = 1,
            Speculate = true,
        };
        var script = CoordinatorScript.Begun(phase == Phase.Gathering ? 0 : 2, rules);
        Action[] acts =
        [
            script.AnswerAll,
            () => script.Give(Input.CommitDone(1, CommitOutcome.Committed)),
            () => script.Give(Input.BlocksAnswered(new(0), Assignment.Blocks(1, 0, 4, 1))),
            () => script.Give(Input.EvaluationFolded(1, best: false)),
            () => script.CompleteStep(),
            () => script.CompleteEvaluation(best: true),
            () => script.Give(Input.PauseRequested()),
            () => script.Give(Input.LedgerFailed(2)),
        ];
        foreach (var act in acts)
        {
            if (script.State.Phase == phase)
            {
                break;
            }

            act();
        }

        return script;
    }

    private static IEnumerable<Input> Variants(InputKind kind) => kind switch
    {
        InputKind.Started => [Input.Started()],
        InputKind.Tick => [Input.Tick()],
        InputKind.WorkerJoined => Numbers.Select(n => Input.WorkerJoined(new(n), n)),
        InputKind.WorkerLost => Numbers.Select(n => Input.WorkerLost(new(n))),
        InputKind.SpanAnswered =>
            from step in Numbers
            from first in Numbers
            from count in Numbers
            from finite in new[] { true, false }
            select Input.SpanAnswered(new(1), Assignment.Shards(step, new ShardSpan(first, count), 1), finite),
        InputKind.CommitDone =>
            from step in Numbers
            from outcome in Enum.GetValues<CommitOutcome>()
            select Input.CommitDone(step, outcome),
        InputKind.BlocksAnswered =>
            from step in Numbers
            from first in Numbers
            from count in Numbers
            select Input.BlocksAnswered(new(0), Assignment.Blocks(step, first, count, 1)),
        InputKind.EvaluationFolded => Numbers.Select(n => Input.EvaluationFolded(n, best: true)),
        InputKind.CheckpointDurable => Numbers.Select(Input.CheckpointDurable),
        InputKind.CheckpointFailed => Numbers.Select(Input.CheckpointFailed),
        InputKind.LedgerFailed => Numbers.Select(Input.LedgerFailed),
        InputKind.LayerFailed =>
            from step in Numbers
            from first in Numbers
            from evaluation in new[] { true, false }
            select Input.LayerFailed(new(0), new Assignment(evaluation, step, first, 1, 1)),
        InputKind.StopRequested => [Input.StopRequested()],
        InputKind.PauseRequested => [Input.PauseRequested()],
        InputKind.ResumeRequested => [Input.ResumeRequested()],
        InputKind.CheckpointRequested => [Input.CheckpointRequested()],
    };
}
