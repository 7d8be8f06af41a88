using Backprop.Coordinator.Core;
using Backprop.Coordinator.Embedded;
using Backprop.Coordinator.Training;
using Backprop.Shared.Checkpoints;
using Backprop.Tests.Golden;
using Backprop.Tests.TestUtilities;

namespace Backprop.Tests.Coordinator.Embedded;

/// <summary>A run in one process that pauses: the slots stand still, and the weights are those of an undisturbed run.</summary>
public sealed class EmbeddedPauseTests
{
    private const string Yaml = """
        name: paused
        seed: 3
        data: { train: { kind: synthetic, samples: 40, inputs: 6, classes: 3 } }
        model: [{ linear: { out: 40 } }, tanh, { linear: { out: 3 } }]
        loss: cross-entropy
        optimizer: { kind: adam, rate: 0.01 }
        batch: 10
        shards: 8
        steps: 12
        """;

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void ARunThatPauses_EndsInTheSameWeights_AndThePauseIsNoPartOfItsSteps(int workers)
    {
        var prepared = GoldenRuns.Parse(Yaml);
        var clock = new ManualClock();
        var observer = new Pauser(clock);
        using var weights = new RunWeights(prepared.Model, prepared.File.Optimizer);
        prepared.Model.Initialize(prepared.File.Seed, weights.Weights.Span);
        using var run = new EmbeddedRun(prepared.Setup(null, keepsRecord: true), weights, 0, workers, observer, clock);
        observer.Run = run;

        run.Execute();

        run.Failure.ShouldBeNull();
        run.Outcome.ShouldBe(RunOutcome.Completed);
        WeightsHash.Compute(weights.Layout, weights.Weights.Span).ShouldBe(GoldenRuns.HashOf(prepared, 1));

        // The fifth step's is due by the clock: an hour has passed since the one of the pause.
        observer.Happened.ShouldBe(
        [
            "Paused after step 4, until it is resumed or stopped.", "checkpoint 4", "Goes on after step 4.",
            "checkpoint 5", "checkpoint 7", "checkpoint 12",
        ]);
        observer.LongestStep.ShouldBe(0, "only the pause takes time here");
    }

    /// <summary>Lets the run pause in its fourth step, and an hour later go on; then asks for a checkpoint in the seventh.</summary>
    private sealed class Pauser(ManualClock clock) : IRunObserver
    {
        public EmbeddedRun? Run { get; set; }

        public List<string> Happened { get; } = [];

        public double LongestStep { get; private set; }

        public void Committed(in StepReport step, ReadOnlySpan<AcceptedSpan> answers)
        {
            LongestStep = Math.Max(LongestStep, step.StepMilliseconds);
            if (step.Step == 3)
            {
                Run!.Pause();
            }
            else if (step.Step == 6)
            {
                Run!.RequestCheckpoint();
            }
        }

        public bool Evaluated(int step, double[] results) => false;

        public void Checkpoint(in StepReport step, bool best, Action<bool> done)
        {
            Happened.Add($"checkpoint {step.Step}");
            done(true);
        }

        public void Attended(int present, bool isWaiting, bool isPaused)
        {
            if (isPaused)
            {
                // Told after the steps' clock stands still.
                clock.Advance(3600);
                Run!.Resume();
            }
        }

        public void Said(string line) => Happened.Add(line);
    }
}
