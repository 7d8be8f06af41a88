using Backprop.Shared.Data;
using Backprop.Shared.Optimizers;
using Backprop.Shared.Primitives;
using Backprop.Shared.Runs;

namespace Backprop.Coordinator.Explain;

/// <summary>One sample of the explained step.</summary>
/// <param name="Id">Its 0-based row in the source.</param>
internal sealed record ExplainedSample(int Id, ExplainedTarget Target, SamplePass Pass);

/// <summary>One step of a run, worked out in float64 from the engine's weights before it, and the engine's own numbers beside it.</summary>
internal sealed record Explanation
{
    /// <summary>A batch of more samples than this is not worked out one by one.</summary>
    public const int BatchMax = 4096;

    public required PreparedRun Run { get; init; }

    public required ExplainedNetwork Network { get; init; }

    /// <summary>1-based.</summary>
    public required int Step { get; init; }

    /// <summary>1-based.</summary>
    public required int Epoch { get; init; }

    /// <summary>The learning rate of the step.</summary>
    public required double Rate { get; init; }

    /// <summary>The weights before the step.</summary>
    public required double[] Before { get; init; }

    /// <summary>The samples of the batch, in its order.</summary>
    public required IReadOnlyList<ExplainedSample> Samples { get; init; }

    public required ExplainedUpdate Update { get; init; }

    public required EngineStep Engine { get; init; }

    /// <summary>Explains a step.</summary>
    /// <param name="step">1-based; the steps before it are trained first.</param>
    /// <exception cref="UserException">
    /// The step is not in the run, or the network is none that can be explained (exit code 2), or it diverged.
    /// </exception>
    public static Explanation Of(PreparedRun run, int step)
    {
        if (step < 1 || step > run.Steps)
        {
            throw new UserException(ExitCode.Usage, $"--step {step} is not in the run; it has the steps 1 to {run.Steps}.");
        }

        if (Math.Min(run.File.Batch, run.Data.Train.Count) is > BatchMax and var batch)
        {
            throw new UserException(
                ExitCode.Usage,
                $"A batch has {batch} samples, and explain works out each of at most {BatchMax}; lower the batch, as --set batch=4.");
        }

        var network = ExplainedNetwork.Of(run);
        var engine = EngineStep.Take(run, step);
        var before = Wide(engine.Before);
        var samples = engine.Rows.Select(row => SampleOf(run, network, before, row)).ToArray();
        var rate = run.File.Optimizer.Rate * run.File.Schedule.FactorAt(step - 1, run.Steps);
        var state = engine.State.Select(Wide).ToArray();
        return new Explanation
        {
            Run = run,
            Network = network,
            Step = step,
            Epoch = new BatchPlan(run.File.Seed, run.Data.Train.Count, run.File.Batch).Locate(step - 1).Epoch + 1,
            Rate = rate,
            Before = before,
            Samples = samples,
            Update = ExplainedUpdate.Of(run.File, [.. samples.Select(s => s.Pass)], before, state, new OptimizerStep(step - 1, rate)),
            Engine = engine,
        };
    }

    private static ExplainedSample SampleOf(PreparedRun run, ExplainedNetwork network, double[] weights, int row)
    {
        var data = run.Data.Train;
        var target = run.File.Loss.TakesLabels
            ? new ExplainedTarget(data.Labels[row], [])
            : new ExplainedTarget(-1, Wide(data.Target(row).ToArray()));
        var pass = SamplePass.Run(network, weights, Wide(data.Row(row).ToArray()), target);
        return new ExplainedSample(run.Data.SourceRow(row), target, pass);
    }

    private static double[] Wide(float[] values) => Array.ConvertAll(values, v => (double)v);
}
