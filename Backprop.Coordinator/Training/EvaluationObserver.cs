using Backprop.Shared.Metrics;
using Backprop.Shared.Runs;

namespace Backprop.Coordinator.Training;

/// <summary>Keeps a run's last evaluation and nothing else: for runs from code that leave no record.</summary>
internal sealed class EvaluationObserver(IReadOnlyList<MetricSpec> metrics) : NoRecord
{
    /// <summary>The last evaluation by name, <c>loss</c> first; empty where there was none.</summary>
    public IReadOnlyDictionary<string, double> Evaluation { get; private set; } = new Dictionary<string, double>();

    /// <inheritdoc/>
    public override bool Evaluated(int step, double[] results)
    {
        Evaluation = PreparedRun.NamedResults(metrics, results);
        return false;
    }
}
