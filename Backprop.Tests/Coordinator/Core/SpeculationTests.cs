using Backprop.Coordinator.Core;

namespace Backprop.Tests.Coordinator.Core;

/// <summary>What is late is computed twice, if somebody is idle.</summary>
public sealed class SpeculationTests
{
    private static Rules Speculating => CoordinatorScript.SmallRules with { Speculate = true, LateMinimum = TimeSpan.FromMilliseconds(5) };

    /// <summary>Two workers, of which the first has answered after so many milliseconds.</summary>
    private static CoordinatorScript OneIsDone(Rules rules, double milliseconds = 4)
    {
        var script = CoordinatorScript.Begun(2, rules);
        script.Now += TimeSpan.FromMilliseconds(milliseconds);
        script.Answer(0, 0, 4);
        return script;
    }

    [Fact]
    public void Late_WhileAnotherIsIdle_IsComputedTwice_AndTheFirstAnswerCounts()
    {
        var script = OneIsDone(Speculating);
        CoordinatorCore.NextDeadline(script.State, script.Rules).ShouldBe(TimeSpan.FromMilliseconds(8));

        script.Pass(4).ShouldBe(Reason.DeadlinePassed);
        script.Given().ShouldBe([(0, 4, 4), (1, 4, 4)]);
        script.Answer(0, 4, 4).ShouldBe(Reason.StepComplete);

        script.Kinds.ShouldBe([EffectKind.Cancel, EffectKind.TakeGradient, EffectKind.Commit]);
        script.Effects[0].Worker.ShouldBe(new WorkerId(1));
    }

    [Fact]
    public void NotYetLate_IsLeftAlone()
    {
        var script = OneIsDone(Speculating);

        script.Pass(3.9).ShouldBe(Reason.NothingDue);

        script.Given().ShouldBe([(1, 4, 4)]);
    }

    [Fact]
    public void Late_WithinTheMinimum_IsLeftAlone()
    {
        var script = OneIsDone(Speculating, milliseconds: 0.1);

        script.Pass(4.8).ShouldBe(Reason.NothingDue);
        script.Pass(0.1).ShouldBe(Reason.DeadlinePassed);
    }

    [Fact]
    public void Late_ByRulesWithoutSpeculation_IsLeftAlone()
    {
        var script = OneIsDone(CoordinatorScript.SmallRules);

        script.Pass(1000).ShouldBe(Reason.NothingDue);

        CoordinatorCore.NextDeadline(script.State, script.Rules).ShouldBeNull();
    }

    [Fact]
    public void Late_WithNobodyIdle_IsLeftAlone()
    {
        var script = CoordinatorScript.Begun(2, Speculating);
        script.CompleteStep();

        script.Pass(1000).ShouldBe(Reason.NothingDue);
    }

    [Fact]
    public void LateTwice_IsComputedByAThird()
    {
        var script = CoordinatorScript.Begun(3, Speculating with { Shards = 1 });
        script.Now += TimeSpan.FromMilliseconds(4);
        script.CompleteStep();
        script.Given().ShouldBe([(0, 0, 1)]);

        script.Pass(8);
        script.Given().ShouldBe([(0, 0, 1), (1, 0, 1)]);
        script.Pass(8);

        script.Given().ShouldBe([(0, 0, 1), (1, 0, 1), (2, 0, 1)]);
    }

    [Fact]
    public void Suspected_AndLate_IsNotGivenBackToTheOneWhoIsAccused()
    {
        var script = CoordinatorScript.Begun(2, Speculating with { Shards = 2, Batch = 2 });
        script.CompleteStep();
        script.Answer(0, 0, 1, finite: false);
        script.Answer(1, 1, 1);
        script.Given().ShouldBe([(1, 0, 1)]);

        script.Pass(1000).ShouldBe(Reason.NothingDue);

        script.Given().ShouldBe([(1, 0, 1)]);
    }

    [Fact]
    public void SlowInTheLastSpan_IsHelpedByWhoWillBeDoneSooner_WithoutBeingLate()
    {
        // The second worker takes 9 ms a shard, the first 1 ms: alone the slow one would be done 36 ms after the beginning.
        var script = CoordinatorScript.Begun(2, Speculating with { Steps = 9, LateFactor = 100 });
        script.Now += TimeSpan.FromMilliseconds(4);
        script.Answer(0, 0, 4);
        script.Now += TimeSpan.FromMilliseconds(32);
        script.Answer(1, 4, 4);
        script.Give(Input.CommitDone(1, CommitOutcome.Committed));

        script.Now += TimeSpan.FromMilliseconds(6);
        script.Answer(0, 0, 4).ShouldBe(Reason.SpanTaken);

        script.Given().ShouldBe([(0, 4, 4), (1, 4, 4)]);
    }

    [Fact]
    public void Overtaken_IsNeverMeasuredAsFasterThanItWas()
    {
        var script = CoordinatorScript.Begun(2, Speculating with { Steps = 9, SpeedSmoothing = 0.5 });
        script.Now += TimeSpan.FromMilliseconds(4);
        script.Answer(0, 0, 4);
        script.Now += TimeSpan.FromMilliseconds(396);
        script.Answer(1, 4, 4);
        var speed = script.State.Members[1].Speed;
        script.Give(Input.CommitDone(1, CommitOutcome.Committed));

        // Cancelled at once, it did nothing yet: that says nothing about its speed.
        while (script.State.Phase == Phase.Computing)
        {
            script.Now += TimeSpan.FromMilliseconds(0.1);
            script.AnswerAll();
        }

        script.State.Members[1].Speed.ShouldBeLessThanOrEqualTo(speed * 1.01);
    }

    [Fact]
    public void WithoutAShard_AWorkerIsTriedAgainInTime()
    {
        var script = CoordinatorScript.Begun(2, Speculating with { Steps = 400, SpeedSmoothing = 1 });
        script.Now += TimeSpan.FromMilliseconds(4);
        script.Answer(0, 0, 4);
        script.Now += TimeSpan.FromMilliseconds(76);
        script.Answer(1, 4, 4);
        script.Give(Input.CommitDone(1, CommitOutcome.Committed));
        script.Given().ShouldBe([(0, 0, 8)]);

        var steps = 0;
        for (; script.State.Members[1].Outstanding == 0 && steps < 300; steps++)
        {
            script.Now += TimeSpan.FromMilliseconds(8);
            script.Answer(0, 0, 8);
            script.Give(Input.CommitDone(script.State.Step, CommitOutcome.Committed));
        }

        steps.ShouldBeInRange(50, 200);
    }

    [Fact]
    public void WhoNeverAnswers_IsNotWaitedForLongerAndLonger()
    {
        var script = CoordinatorScript.Begun(2, Speculating with { Steps = 400 });
        var longest = TimeSpan.Zero;
        while (script.State.Completed < 300)
        {
            var begun = script.Now;
            while (script.State.Phase == Phase.Computing)
            {
                script.Now += TimeSpan.FromMilliseconds(4);
                foreach (var (_, first, count) in script.Given().Where(g => g.Worker == 0))
                {
                    script.Answer(0, first, count);
                }

                if (script.State.Phase == Phase.Computing && CoordinatorCore.NextDeadline(script.State, script.Rules) is { } deadline)
                {
                    script.Now = deadline;
                    script.Give(Input.Tick());
                }
            }

            longest = script.Now - begun > longest ? script.Now - begun : longest;
            script.Give(Input.CommitDone(script.State.Step, CommitOutcome.Committed));
        }

        longest.ShouldBeLessThan(TimeSpan.FromMilliseconds(200));
    }

    [Fact]
    public void MeasuredSpeeds_MoveTheBoundary()
    {
        var script = CoordinatorScript.Begun(2, CoordinatorScript.SmallRules with { Steps = 9, SpeedSmoothing = 1 });
        script.Now += TimeSpan.FromMilliseconds(10);
        script.Answer(0, 0, 4);
        script.Now += TimeSpan.FromMilliseconds(20);
        script.Answer(1, 4, 4);

        script.Give(Input.CommitDone(1, CommitOutcome.Committed));

        script.Given().ShouldBe([(0, 0, 4), (0, 4, 2), (1, 6, 2)]);
    }
}
