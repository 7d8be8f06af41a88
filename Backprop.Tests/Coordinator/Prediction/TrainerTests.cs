using Backprop.Shared.Data;
using Backprop.Shared.Layers;
using Backprop.Shared.Losses;
using Backprop.Shared.Models;
using Backprop.Shared.Optimizers;
using Backprop.Shared.Primitives;
using Backprop.Shared.Runs;
using Backprop.Shared.Tensors;
using Backprop.Tests.TestUtilities;

namespace Backprop.Tests.Coordinator.Prediction;

/// <summary>Training and predicting from code.</summary>
public sealed class TrainerTests
{
    private static readonly DataSet Points = DataSet.Classified([[0, 0], [0, 1], [1, 0], [1, 1]], [0, 1, 1, 0], ["same", "different"]);

    [Fact]
    public void AModelInCode_TrainsAndPredicts()
    {
        var values = Points.Features.ToArray();

        using var model = Trainer.Train(Run(), workers: 4);

        model.Steps.ShouldBe(150);
        model.ClassNames.ShouldBe(["same", "different"]);
        model.Evaluation["accuracy"].ShouldBe(1);
        model.Predict([1, 0])[1].ShouldBeGreaterThan(0.9f);
        model.Predict([1, 1]).Sum().ShouldBe(1, 1e-6);
        model.Evaluate(Points).ShouldBe(model.Evaluation);
        Points.Features.ShouldBe(values);
    }

    [Fact]
    public void WorkersAndARunFolder_ChangeNoBit()
    {
        using var folder = new TemporaryFolder();
        using var alone = Trainer.Train(Run(), workers: 1);
        using var kept = Trainer.Train(Run(), workers: 3, Path.Combine(folder.Path, "run"));
        using var loaded = TrainedModel.Load(Path.Combine(folder.Path, "run/checkpoints/step-00000150.safetensors"));

        foreach (var model in new[] { kept, loaded })
        {
            model.WeightsSha256.ShouldBe(alone.WeightsSha256);
            model.Steps.ShouldBe(150);
            model.ClassNames.ShouldBe(alone.ClassNames);
            model.Predict([0.25f, 0.5f]).ShouldBe(alone.Predict([0.25f, 0.5f]));
        }

        kept.Evaluation.ShouldBe(alone.Evaluation);
    }

    [Fact]
    public void SamplesAreScaledAsInTraining()
    {
        var run = Run();

        using var model = Trainer.Train(run with { Data = run.Data with { Scale = new ScaleSpec { Standardize = true } } }, workers: 2);

        model.Evaluate(Points).ShouldBe(model.Evaluation);
        model.Predict([1, 0])[1].ShouldBeGreaterThan(0.9f);
    }

    [Fact]
    public void SeveralThreads_MayPredictAtOnce()
    {
        using var model = Trainer.Train(Run(), workers: 1);
        var expected = Enumerable.Range(0, 4).Select(i => model.Predict(Points.Row(i))).ToArray();

        Parallel.For(0, 400, i => model.Predict(Points.Row(i % 4)).ShouldBe(expected[i % 4]));
    }

    [Fact]
    public void ALayerOfOnesOwn_IsOneClass()
    {
        var run = Run() with { Model = [new LinearSpec { Out = 16 }, new SquareSpec(), new LinearSpec { Out = 2 }] };

        using var model = Trainer.Train(run, workers: 3);
        using var alone = Trainer.Train(run, workers: 1);

        model.Evaluation["accuracy"].ShouldBe(1);
        model.WeightsSha256.ShouldBe(alone.WeightsSha256);
    }

    [Fact]
    public void WhatDoesNotFit_IsSaid()
    {
        Should.Throw<UserException>(() => Trainer.Train(Run() with { Data = new DataSpec { Train = new InMemorySource() } }))
            .Message.ShouldStartWith("The samples of a source 'in-memory' are known only to the program that made them");
        Should.Throw<ShapeException>(() => Trainer.Train(Run() with { Model = [new LinearSpec { Out = 3 }] }))
            .Message.ShouldStartWith("layers.0, the last layer expects 2 outputs");
        Should.Throw<ArgumentOutOfRangeException>(() => Trainer.Train(Run(), workers: 0));
        using var model = Trainer.Train(Run() with { Epochs = 1 });
        Should.Throw<ArgumentException>(() => model.Predict([1, 2, 3]))
            .Message.ShouldStartWith("The sample has 3 features, but the model takes 2.");
        Should.Throw<UserException>(() => model.Evaluate(new DataSet(new Shape(2), [1, 2]))).ExitCode.ShouldBe(ExitCode.Usage);
        model.Dispose();
        Should.Throw<ObjectDisposedException>(() => model.Predict([1, 2]));
    }

    [Fact]
    public void ACancelledTraining_EndsAfterItsStep()
    {
        using var source = new CancellationTokenSource();
        var run = Run() with { Model = [new CancellingSpec(source), new LinearSpec { Out = 2 }], Epochs = 1_000_000 };

        Should.Throw<OperationCanceledException>(() => Trainer.Train(run, workers: 2, cancellationToken: source.Token));
    }

    private static RunFile Run() => new()
    {
        Data = new DataSpec { Train = new InMemorySource(Points), Test = new InMemorySource(Points) },
        Model = [new LinearSpec { Out = 16 }, new TanhSpec(), new LinearSpec { Out = 2 }],
        Loss = new CrossEntropySpec(),
        Optimizer = new AdamOptimizer { Rate = 0.05 },
        Batch = 4,
        Shards = 4,
        Epochs = 150,
        Evaluate = new EvaluateSpec { EveryEpochs = 0, Metrics = ["accuracy"] },
    };

    /// <summary>y = x², a layer as a user would write it.</summary>
    [Kind("square")]
    private sealed record SquareSpec : LayerSpec
    {
        public override Layer Build(LayerBuilder builder) => new Square(builder.Name, builder.Input);

        private sealed class Square(string name, Shape shape) : Layer(name, shape, shape)
        {
            public override void Forward(in LayerPass pass)
            {
                var x = pass.Input;
                var y = pass.Output;
                for (var i = 0; i < x.Length; i++)
                {
                    y[i] = x[i] * x[i];
                }
            }

            public override void BackwardInput(in LayerPass pass)
            {
                var x = pass.Input;
                var dy = pass.OutputGradient;
                var dx = pass.InputGradient;
                for (var i = 0; i < x.Length; i++)
                {
                    dx[i] = 2 * x[i] * dy[i];
                }
            }
        }
    }

    /// <summary>Cancels the training from its first step.</summary>
    private sealed record CancellingSpec(CancellationTokenSource Source) : LayerSpec
    {
        public override Layer Build(LayerBuilder builder) => new Cancelling(builder.Name, builder.Input, Source);

        private sealed class Cancelling(string name, Shape shape, CancellationTokenSource source) : Layer(name, shape, shape)
        {
            public override void Forward(in LayerPass pass)
            {
                source.Cancel();
                pass.Input.CopyTo(pass.Output);
            }

            public override void BackwardInput(in LayerPass pass) => pass.OutputGradient.CopyTo(pass.InputGradient);
        }
    }
}
