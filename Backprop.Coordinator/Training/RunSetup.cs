using Backprop.Coordinator.Core;
using Backprop.Shared.Data;
using Backprop.Shared.Losses;
using Backprop.Shared.Metrics;
using Backprop.Shared.Models;
using Backprop.Shared.Optimizers;
using Backprop.Shared.Schedules;
using Backprop.Worker.Training;

namespace Backprop.Coordinator.Training;

/// <summary>Everything that determines a run's result, ready to be computed, and the cadence that the coordinator keeps.</summary>
internal sealed record RunSetup
{
    public required Model Model { get; init; }

    public required DataSet Train { get; init; }

    /// <summary>What is evaluated on; null: no evaluation.</summary>
    public DataSet? Test { get; init; }

    public required LossSpec Loss { get; init; }

    public IReadOnlyList<MetricSpec> Metrics { get; init; } = [];

    public required OptimizerSpec Optimizer { get; init; }

    public required ScheduleSpec Schedule { get; init; }

    public ClipSpec? Clip { get; init; }

    public required ulong Seed { get; init; }

    /// <summary>Batch, shards, length, cadence.</summary>
    public required Rules Rules { get; init; }

    /// <summary>
    /// Layers with at least so many parameters are computed by all slots together, split by outputs. It never changes a bit.
    /// </summary>
    public long SplitFrom { get; init; } = GradientStep.UsualSplitFrom;

    /// <summary>How the weights are updated in a step.</summary>
    /// <param name="step">1-based.</param>
    public OptimizerStep UpdateOf(int step) => new(step - 1, Optimizer.Rate * Schedule.FactorAt(step - 1, Rules.Steps));
}
