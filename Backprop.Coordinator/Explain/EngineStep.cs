using Backprop.Coordinator.Embedded;
using Backprop.Coordinator.Training;
using Backprop.Shared.Actors;
using Backprop.Shared.Data;
using Backprop.Shared.Gradients;
using Backprop.Shared.Runs;
using Backprop.Shared.Tensors;
using Backprop.Worker.Training;

namespace Backprop.Coordinator.Explain;

/// <summary>What the engine makes of one step: the numbers that an explanation is held against.</summary>
internal sealed record EngineStep
{
    /// <summary>The rows of the step's batch, in its order.</summary>
    public required int[] Rows { get; init; }

    /// <summary>The weights before the step, as the flat vector.</summary>
    public required float[] Before { get; init; }

    /// <summary>The optimizer's state before the step.</summary>
    public required float[][] State { get; init; }

    /// <summary>Each sample's loss, computed for it alone.</summary>
    public required double[] Losses { get; init; }

    /// <summary>Each sample's gradient, computed for it alone.</summary>
    public required float[][] Gradients { get; init; }

    /// <summary>The batch's averaged gradient.</summary>
    public required float[] Average { get; init; }

    /// <summary>The weights after the step.</summary>
    public required float[] After { get; init; }

    /// <summary>Trains up to a step, looks at it, and takes it.</summary>
    /// <param name="step">1-based, at most the run's length.</param>
    /// <exception cref="Shared.Primitives.UserException">The run diverged on the way.</exception>
    public static EngineStep Take(PreparedRun run, int step)
    {
        using var weights = new RunWeights(run.Model, run.File.Optimizer);
        run.Model.Initialize(run.File.Seed, weights.Weights.Span);
        Train(run, weights, 0, step - 1);
        var (before, state) = (weights.Weights.ToArray(), weights.State.Select(s => s.ToArray()).ToArray());

        var batches = new BatchPlan(run.File.Seed, run.Data.Train.Count, run.File.Batch);
        var (epoch, inEpoch) = batches.Locate(step - 1);
        var rows = new int[batches.BatchSize(inEpoch)];
        batches.Fill(epoch, inEpoch, rows);
        var (sum, _) = Gradient(run, weights, batches, step - 1, run.File.Shards);

        // Batches of one sample have the same order: the epoch's, place by place.
        var alone = new BatchPlan(run.File.Seed, run.Data.Train.Count, 1);
        var first = ((long)epoch * run.Data.Train.Count) + ((long)inEpoch * batches.Batch);
        var samples = Enumerable.Range(0, rows.Length).Select(place => Gradient(run, weights, alone, first + place, 1)).ToArray();
        Train(run, weights, step - 1, step);
        return new EngineStep
        {
            Rows = rows,
            Before = before,
            State = state,
            Losses = [.. samples.Select(s => s.Loss)],
            Gradients = [.. samples.Select(s => s.Gradient)],
            Average = Array.ConvertAll(sum, g => g / rows.Length),
            After = weights.Weights.ToArray(),
        };
    }

    private static void Train(PreparedRun run, RunWeights weights, int from, int to)
    {
        if (from == to)
        {
            return;
        }

        using var engine = new EmbeddedRun(run.Setup(to, keepsRecord: false), weights, from, 1, new NoRecord(), TimeProvider.System);
        engine.Execute();
        if (engine.Failure is { } failure)
        {
            throw failure;
        }
    }

    /// <summary>The gradient of a batch, summed over its samples, and the sum of its losses.</summary>
    private static (float[] Gradient, double Loss) Gradient(
        PreparedRun run, RunWeights weights, BatchPlan batches, long step, int shards)
    {
        using var pool = new TensorPool();
        var gradients = new GradientStep(
            run.Model, run.Data.Train, run.File.Loss, batches.Batch, shards, 1, run.File.Seed, new TeamBarrier(1), pool, long.MaxValue);
        var plan = new StepPlan(batches.BatchSize(batches.Locate(step).Step), shards, 1, [(0, new ShardSpan(0, shards))]);
        gradients.Reserve(1);
        gradients.Compute(0, plan, batches, step, weights.Vector);
        var gradient = new float[run.Model.Layout.Length];
        foreach (var parameter in run.Model.Layout.Parameters)
        {
            // Between parameters the flat vector has gaps that nobody writes.
            gradients.Leaves[0].Values.Slice(parameter.Start, parameter.Length).CopyTo(gradient.AsSpan(parameter.Start));
        }

        return (gradient, gradients.Loss(plan));
    }
}
