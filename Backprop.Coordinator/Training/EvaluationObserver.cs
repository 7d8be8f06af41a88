using Backprop.Coordinator.Core;
using Backprop.Coordinator.Embedded;
using Backprop.Shared.Metrics;
using Backprop.Shared.Runs;

namespace Backprop.Coordinator.Training;

/// <summary>Keeps a run's last evaluation and nothing else: for runs from code that leave no record.</summary>
internal sealed class EvaluationObserver(IReadOnlyList<MetricSpec> metrics) : IRunObserver
{
    /// <summary>The last evaluation by name, <c>loss</c> first; empty where there was none.</summary>
    public IReadOnlyDictionary<string, double> Evaluation { get; private set; } = new Dictionary<string, double>();

    /// <inheritdoc/>
    public void Committed(in StepReport step, ReadOnlySpan<AcceptedSpan> answers)
    {
        // No record is kept.
    }

    /// <inheritdoc/>
    public bool Evaluated(int step, double[] results)
    {
        Evaluation = PreparedRun.NamedResults(metrics, results);
        return false;
    }

    /// <inheritdoc/>
    public void Checkpoint(in StepReport step, bool best, Action<bool> done) => done(true);

    /// <inheritdoc/>
    public void Said(string line)
    {
        // Nobody watches.
    }
}
