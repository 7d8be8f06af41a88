using Backprop.Shared.Metrics;
using Backprop.Shared.Primitives;
using Backprop.Shared.Runs.Yaml;

namespace Backprop.Shared.Runs;

/// <summary>The <c>evaluate</c> section of a run file: when the test part is evaluated, and what is measured beside the loss.</summary>
public sealed record EvaluateSpec
{
    /// <summary>Evaluates after every so many epochs; 0 for only at the end and by steps. Default 1.</summary>
    public int EveryEpochs
    {
        get;
        init => field = value >= 0 ? value : throw new ArgumentOutOfRangeException(nameof(EveryEpochs), "everyEpochs must be 0 or more");
    } = 1;

    /// <summary>Evaluates after every so many steps too, 1 or more; not by steps if left out.</summary>
    public long? EverySteps
    {
        get;
        init => field = value is null or >= 1 ? value
            : throw new ArgumentOutOfRangeException(nameof(EverySteps), "everySteps must be 1 or more");
    }

    /// <summary>
    /// What is measured beside the loss, the kind of a <see cref="MetricSpec"/> each, at most once; the first one chooses the best
    /// checkpoint. Default none.
    /// </summary>
    public IReadOnlyList<string> Metrics { get; init => field = Checked(value); } = [];

    private static IReadOnlyList<string> Checked(IReadOnlyList<string> metrics)
    {
        foreach (var metric in metrics)
        {
            if (Catalog<MetricSpec>.Find(metric) is null)
            {
                throw new ArgumentException(
                    $"unknown metric {Shown.Quoted(metric)}; {Nearest.Advice(metric, Catalog<MetricSpec>.Kinds)}", nameof(metrics));
            }
        }

        return metrics.Distinct().Count() == metrics.Count ? metrics
            : throw new ArgumentException("a metric stands there twice", nameof(metrics));
    }
}
