using Backprop.Tests.TestUtilities;

namespace Backprop.Tests.EndToEnd;

/// <summary>
/// A run that never ends by itself: a test disturbs it, stops it, and compares it with an undisturbed one of as many steps.
/// </summary>
internal static class EndlessRun
{
    /// <summary>The priority of its workers. It takes all the time that there is, and other tests start processes meanwhile.</summary>
    public const string Nice = "10";

    /// <summary>Its run file.</summary>
    public static string Named(string name) => $$"""
        name: {{name}}
        data:
          train: { kind: csv, path: '{{Repository.PathOf("data", "digits.csv.gz")}}' }
          test: { fraction: 0.2 }
          scale: { divide: 16 }
        model: [ linear: 128, relu, linear: 64, relu, linear: 10 ]
        loss: cross-entropy
        optimizer: { kind: adamw, rate: 0.0003 }
        batch: 250
        shards: 16
        steps: 100000000
        evaluate: { everySteps: 100, metrics: [accuracy] }
        checkpoint: { everySteps: 50 }
        """;
}
