using Backprop.Coordinator.Embedded;
using Backprop.Coordinator.Training;
using Backprop.Shared.Checkpoints;
using Backprop.Shared.Runs;
using Backprop.Tests.TestUtilities;

namespace Backprop.Tests.Golden;

/// <summary>
/// Small runs whose weights are known for good: a change of any hash is a change of the numerics version (contract 2.12).
/// </summary>
internal static class GoldenRuns
{
    /// <summary>Every kind of layer, with clipping, decay, a short last batch, empty shards and a batch that is no power of two.</summary>
    public const string Small = """
        name: small
        seed: 7
        data:
          train: { kind: synthetic, samples: 61, inputs: 19, classes: 3 }
          scale: { standardize: true }
        model:
          - linear: { out: 37 }
          - relu
          - linear: { out: 24 }
          - sigmoid
          - linear: { out: 18, bias: false }
          - tanh
          - linear: { out: 17, init: xavier-normal }
          - softmax
          - linear: { out: 3, init: { normal: { deviation: 0.2 } } }
        loss: cross-entropy
        optimizer: { kind: OPTIMIZER, rate: 0.02, weightDecay: 0.01 }
        schedule: { kind: cosine, warmupSteps: 2 }
        clip: { norm: 0.5 }
        batch: 13
        shards: 8
        steps: 12
        """;

    /// <summary>Large layers for the split of products.</summary>
    public const string Wide = """
        name: wide
        seed: 3
        data:
          train: { kind: synthetic, samples: 600, inputs: 784, classes: 10 }
        model:
          - linear: { out: 512 }
          - relu
          - linear: { out: 512 }
          - relu
          - linear: { out: 10 }
        loss: cross-entropy
        optimizer: { kind: adamw, rate: 0.001 }
        batch: 250
        shards: 8
        steps: 5
        """;

    public static string[] Optimizers { get; } = ["sgd", "momentum", "nesterov", "adam", "adamw"];

    /// <summary>The hash of each optimizer's small run, a line each; a routine for children with other instruction sets.</summary>
    [Routine("golden")]
    public static string SmallHashes() => string.Join('\n', Optimizers.Select(o => $"{o} {HashOf(SmallRun(o), 2)}"));

    public static PreparedRun SmallRun(string optimizer) => Parse(Small.Replace("OPTIMIZER", optimizer, StringComparison.Ordinal));

    public static PreparedRun Parse(string yaml) => PreparedRun.Load(RunFile.Parse(yaml, "golden.yaml", Repository.Root, []));

    /// <summary>Runs from the first weights; the hash of the last ones.</summary>
    public static string HashOf(PreparedRun run, int workers, long? splitFrom = null, int? steps = null)
    {
        var setup = run.Setup(steps, keepsRecord: false);
        setup = setup with { SplitFrom = splitFrom ?? setup.SplitFrom };
        using var weights = new RunWeights(run.Model, run.File.Optimizer);
        run.Model.Initialize(run.File.Seed, weights.Weights.Span);
        using var engine = new EmbeddedRun(setup, weights, 0, workers, new NoRecord(), TimeProvider.System);
        engine.Execute();
        engine.Failure.ShouldBeNull();
        return WeightsHash.Compute(weights.Layout, weights.Weights.Span);
    }
}
