using Backprop.Coordinator.Core;
using Backprop.Coordinator.Embedded;
using Backprop.Coordinator.Training;
using Backprop.Shared.Checkpoints;
using Backprop.Shared.Data;
using Backprop.Shared.Layers;
using Backprop.Shared.Losses;
using Backprop.Shared.Metrics;
using Backprop.Shared.Models;
using Backprop.Shared.Optimizers;
using Backprop.Shared.Primitives;
using Backprop.Shared.Schedules;
using Backprop.Shared.Tensors;

namespace Backprop.Tests.Coordinator.Embedded;

/// <summary>Contract 2: the weights are a function of the run, never of how many workers there are or how products are split.</summary>
public sealed class EmbeddedRunTests
{
    [Theory]
    [InlineData(64, 8, 48)]
    [InlineData(10, 8, 37)]
    [InlineData(5, 16, 21)]
    public void AnyNumberOfWorkersAndAnySplit_GiveTheSameWeightsAndTheSameEvaluation(int batch, int shards, int samples)
    {
        var (expected, results) = Train(batch, shards, samples, 1, long.MaxValue);

        foreach (var workers in new[] { 2, 3, 5, 8 })
        {
            foreach (var splitFrom in new[] { 0L, 300L, long.MaxValue })
            {
                var (hash, evaluations) = Train(batch, shards, samples, workers, splitFrom);
                hash.ShouldBe(expected, $"{workers} workers, split from {splitFrom}");
                evaluations.ShouldBe(results);
            }
        }
    }

    [Fact]
    public void ALayerThatThrows_EndsTheRunWithItsNameStepAndSample()
    {
        foreach (var workers in new[] { 1, 2, 3 })
        {
            var setup = Setup(10, 8, 40, long.MaxValue, new ThrowingSpec { Marker = 7 });
            setup.Train.Features[(13 * 6) + 2] = 7;
            using var weights = new RunWeights(setup.Model, setup.Optimizer);
            setup.Model.Initialize(1, weights.Weights.Span);
            using var run = new EmbeddedRun(setup, weights, 0, workers, new Recorder(), TimeProvider.System);

            run.Execute();

            run.Outcome.ShouldBe(RunOutcome.Failed);
            run.Failure!.Message.ShouldContain("layers.0 failed at step ");
            run.Failure.Message.ShouldContain("on sample 13: InvalidOperationException: the marker");
        }
    }

    [Fact]
    public void ARunThatDiverges_NamesStepAndLayerAndKeepsTheLastGoodWeights()
    {
        var hidden = new LinearSpec { Out = 40 };
        LayerSpec[] layers = [hidden, new ReluSpec(), hidden, new ReluSpec(), new LinearSpec { Out = 3 }];
        var setup = Setup(10, 8, 40, long.MaxValue) with
        {
            Model = Model.Build(layers, new Shape(6)),
            Optimizer = new SgdOptimizer { Rate = 1e30 },
            Clip = null,
        };
        using var weights = new RunWeights(setup.Model, setup.Optimizer);
        setup.Model.Initialize(1, weights.Weights.Span);
        using var run = new EmbeddedRun(setup, weights, 0, 2, new Recorder(), TimeProvider.System);

        run.Execute();

        run.Outcome.ShouldBe(RunOutcome.Diverged);
        run.Failure!.Message.ShouldContain("diverged at step 2: the output of layers.");
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void AGradientThatIsNotFiniteOnce_IsComputedAgainAndLeavesNoTrace(int workers)
    {
        var (expected, _) = Run(new FlakySpec { Faults = 0 }, workers);

        var (hash, outcome) = Run(new FlakySpec { Faults = 1 }, workers);

        outcome.ShouldBe(RunOutcome.Completed);
        hash.ShouldBe(expected);
    }

    [Fact]
    public void AGradientThatStaysNotFinite_EndsTheRunNamingIt()
    {
        var (_, outcome) = Run(new FlakySpec { Faults = int.MaxValue }, 2, out var failure);

        outcome.ShouldBe(RunOutcome.Diverged);
        failure!.Message.ShouldContain("diverged at step 1: the gradient of layers.0.weight is not finite");
    }

    [Fact]
    public void AWarmStep_AllocatesNothing()
    {
        var setup = Setup(10, 8, 40, long.MaxValue);
        setup = setup with { Rules = setup.Rules with { EvaluateEverySteps = 0, EvaluateAtEnd = false } };
        using var weights = new RunWeights(setup.Model, setup.Optimizer);
        setup.Model.Initialize(1, weights.Weights.Span);
        var meter = new AllocationMeter();
        using var run = new EmbeddedRun(setup, weights, 0, 1, meter, TimeProvider.System);

        run.Execute();

        (meter.AtStep[11] - meter.AtStep[6]).ShouldBe(0);
    }

    private static (string Hash, RunOutcome Outcome) Run(FlakySpec flaky, int workers) => Run(flaky, workers, out _);

    private static (string Hash, RunOutcome Outcome) Run(FlakySpec flaky, int workers, out UserException? failure)
    {
        LayerSpec[] layers = [new LinearSpec { Out = 8 }, flaky, new LinearSpec { Out = 3 }];
        var setup = Setup(10, 8, 40, long.MaxValue) with { Model = Model.Build(layers, new Shape(6)) };
        using var weights = new RunWeights(setup.Model, setup.Optimizer);
        setup.Model.Initialize(1, weights.Weights.Span);
        using var run = new EmbeddedRun(setup, weights, 0, workers, new Recorder(), TimeProvider.System);
        run.Execute();
        failure = run.Failure;
        return (WeightsHash.Compute(setup.Model.Layout, weights.Weights.Span), run.Outcome);
    }

    private static (string Hash, string Results) Train(int batch, int shards, int samples, int workers, long splitFrom)
    {
        var setup = Setup(batch, shards, samples, splitFrom);
        var recorder = new Recorder();
        using var weights = new RunWeights(setup.Model, setup.Optimizer);
        setup.Model.Initialize(3, weights.Weights.Span);
        using var run = new EmbeddedRun(setup, weights, 0, workers, recorder, TimeProvider.System);
        run.Execute();
        run.Failure.ShouldBeNull();
        run.Outcome.ShouldBe(RunOutcome.Completed);
        return (WeightsHash.Compute(setup.Model.Layout, weights.Weights.Span), string.Join(";", recorder.Lines));
    }

    private static RunSetup Setup(int batch, int shards, int samples, long splitFrom, LayerSpec? first = null)
    {
        var (features, labels) = (new float[samples * 6], new int[samples]);
        for (var i = 0; i < features.Length; i++)
        {
            features[i] = ((i * 37) % 101 / 50f) - 1;
            labels[i / 6] = i / 6 % 3;
        }

        var data = new DataSet(new Shape(6), features, labels, ["a", "b", "c"]);
        LayerSpec[] begin = first is null ? [] : [first];
        LayerSpec[] hidden = [new LinearSpec { Out = 40 }, new ReluSpec(), new LinearSpec { Out = 33 }, new TanhSpec()];
        LayerSpec[] layers = [.. begin, .. hidden, new LinearSpec { Out = 3 }];
        return new RunSetup
        {
            Model = Model.Build(layers, data.SampleShape),
            Train = data,
            Test = data,
            Loss = new CrossEntropySpec(),
            Metrics = [new AccuracySpec()],
            Optimizer = new AdamWOptimizer { Rate = 0.01 },
            Schedule = new ConstantSchedule(),
            Clip = new ClipSpec { Norm = 0.5 },
            Seed = 3,
            Rules = new Rules
            {
                Steps = 12,
                Samples = samples,
                Batch = batch,
                Shards = shards,
                EvaluateEverySteps = 5,
                EvaluateAtEnd = true,
                EvaluationBlocks = Backprop.Shared.Gradients.EvaluationFold.BlocksOf(samples),
                Checkpoints = false,
            },
            SplitFrom = splitFrom,
        };
    }

    private sealed record ThrowingSpec : LayerSpec
    {
        public required float Marker { get; init; }

        public override Layer Build(LayerBuilder builder) => new Throwing(builder.Name, builder.Input, Marker);
    }

    private sealed class Throwing(string name, Shape shape, float marker) : Layer(name, shape, shape)
    {
        public override void Forward(in LayerPass pass)
        {
            if (pass.Input.Contains(marker))
            {
                throw new InvalidOperationException("the marker");
            }

            pass.Input.CopyTo(pass.Output);
        }

        public override void BackwardInput(in LayerPass pass) => pass.OutputGradient.CopyTo(pass.InputGradient);
    }

    /// <summary>Passes everything on, but spoils so many of the first gradients: a memory error, say.</summary>
    private sealed record FlakySpec : LayerSpec
    {
        public required int Faults { get; init; }

        public override Layer Build(LayerBuilder builder) => new Flaky(builder.Name, builder.Input, Faults);
    }

    private sealed class Flaky(string name, Shape shape, int faults) : Layer(name, shape, shape)
    {
        private int _left = faults;

        public override void Forward(in LayerPass pass) => pass.Input.CopyTo(pass.Output);

        public override void BackwardInput(in LayerPass pass)
        {
            pass.OutputGradient.CopyTo(pass.InputGradient);
            if (_left > 0 && (_left == int.MaxValue || Interlocked.Decrement(ref _left) >= 0))
            {
                pass.InputGradient[0] = float.NaN;
            }
        }
    }

    /// <summary>What the only slot's thread had allocated when a step was committed.</summary>
    private sealed class AllocationMeter : IRunObserver
    {
        public long[] AtStep { get; } = new long[20];

        public void Committed(in StepReport step, ReadOnlySpan<AcceptedSpan> answers) =>
            AtStep[step.Step] = GC.GetAllocatedBytesForCurrentThread();

        public bool Evaluated(int step, double[] results) => false;

        public void Checkpoint(in StepReport step, bool best, Action<bool> done) => done(true);

        public void Said(string line)
        {
            // Only the bytes are of interest.
        }
    }

    private sealed class Recorder : IRunObserver
    {
        public List<string> Lines { get; } = [];

        public void Committed(in StepReport step, ReadOnlySpan<AcceptedSpan> answers) =>
            Lines.Add($"{step.Step} {step.Loss:R} {step.GradientNorm:R}");

        public bool Evaluated(int step, double[] results)
        {
            Lines.Add($"{step}: {string.Join(" ", results.Select(r => r.ToString("R")))}");
            return false;
        }

        public void Checkpoint(in StepReport step, bool best, Action<bool> done) => done(true);

        public void Said(string line) => Lines.Add(line);
    }
}
