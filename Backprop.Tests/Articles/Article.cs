using Backprop.Coordinator.Embedded;
using Backprop.Coordinator.Training;
using Backprop.Shared.Data;
using Backprop.Shared.Optimizers;
using Backprop.Shared.Runs;
using Backprop.Tests.TestUtilities;

namespace Backprop.Tests.Articles;

/// <summary>The run files of <c>examples/articles</c>, trained by the real engine.</summary>
internal static class Article
{
    public static readonly string[] Names = ["chain", "chain26", "neuron", "two-layer", "simple-nn", "two-hidden"];

    /// <summary>Every article with one worker and with two.</summary>
    public static TheoryData<string, int> WithWorkers => [.. Names.SelectMany(name => new[] { (name, 1), (name, 2) })];

    public static PreparedRun Load(string name, params string[] sets) =>
        PreparedRun.Load(RunFile.Load(Repository.PathOf("examples", "articles", $"{name}.yaml"), sets));

    /// <summary>The same run on one sample alone.</summary>
    public static PreparedRun Only(this PreparedRun run, int row)
    {
        var data = run.Data.Train;
        var alone = data.TargetWidth > 0
            ? new DataSet(data.SampleShape, data.Row(row).ToArray(), data.Target(row).ToArray(), data.TargetWidth)
            : new DataSet(data.SampleShape, data.Row(row).ToArray(), [data.Labels[row]], data.ClassNames);
        return PreparedRun.From(run.File, run.Data with { Train = alone, Test = null });
    }

    /// <summary>The first weights, one parameter after the other.</summary>
    public static float[] FirstWeights(this PreparedRun run)
    {
        using var weights = new RunWeights(run.Model, run.File.Optimizer);
        run.Model.Initialize(run.File.Seed, weights.Weights.Span);
        return Exported(run, weights.Weights.Span);
    }

    /// <summary>Trains; each step's loss, and the weights at the end.</summary>
    public static (double[] Losses, float[] Weights) Train(this PreparedRun run, int workers, int? steps = null)
    {
        using var weights = new RunWeights(run.Model, run.File.Optimizer);
        var losses = Train(run.Setup(steps, keepsRecord: false), weights, workers);
        return (losses, Exported(run, weights.Weights.Span));
    }

    /// <summary>The averaged gradient of the first step, as the optimizer is given it.</summary>
    public static float[] Gradient(this PreparedRun run, int workers)
    {
        var keeper = new GradientKeeper { Rate = 1 };
        using var weights = new RunWeights(run.Model, keeper);
        Train(run.Setup(1, keepsRecord: false) with { Optimizer = keeper }, weights, workers);
        return Exported(run, weights.State[0].Span);
    }

    /// <summary>Each number within so large a share of the largest.</summary>
    public static void ShouldBeNear(this float[] actual, double[] expected, double share = 1e-6)
    {
        actual.Length.ShouldBe(expected.Length);
        var tolerance = share * expected.Max(Math.Abs);
        for (var i = 0; i < expected.Length; i++)
        {
            ((double)actual[i]).ShouldBe(expected[i], tolerance, $"number {i}");
        }
    }

    private static double[] Train(RunSetup setup, RunWeights weights, int workers)
    {
        setup.Model.Initialize(setup.Seed, weights.Weights.Span);
        var losses = new LossRecorder();
        using var engine = new EmbeddedRun(setup, weights, 0, workers, losses, TimeProvider.System);
        engine.Execute();
        engine.Failure.ShouldBeNull();
        return [.. losses.Losses];
    }

    private static float[] Exported(PreparedRun run, ReadOnlySpan<float> flat)
    {
        var all = new List<float>();
        foreach (var parameter in run.Model.Layout.Parameters)
        {
            all.AddRange(flat.Slice(parameter.Start, parameter.Length));
        }

        return [.. all];
    }

    /// <summary>Changes no weight and keeps what it was given.</summary>
    private sealed record GradientKeeper : OptimizerSpec
    {
        public override IReadOnlyList<string> StateNames => ["gradient"];

        public override void Update(in OptimizerStep step, ReadOnlySpan<float> gradient, Span<float> parameters, in StateBlocks state) =>
            gradient.CopyTo(state[0]);
    }
}
