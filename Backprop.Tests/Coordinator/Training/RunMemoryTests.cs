using Backprop.Coordinator.Training;
using Backprop.Tests.Golden;

namespace Backprop.Tests.Coordinator.Training;

public sealed class RunMemoryTests
{
    [Theory]
    [InlineData("sgd", 0)]
    [InlineData("adam", 2)]
    public void ARunInThisProcess_NeedsWeightsStateACheckpointsCopyAGradientForEachWorkerAndTheValuesBetweenLayers(
        string optimizer, int stateVectors)
    {
        var run = GoldenRuns.Parse($$"""
            data: { train: { kind: synthetic, samples: 1000, inputs: 100, classes: 10 } }
            model: [ linear: 200, relu, linear: 10 ]
            loss: cross-entropy
            optimizer: { kind: {{optimizer}}, rate: 0.1 }
            batch: 50
            steps: 3
            """);
        long vector = run.Model.Layout.Length * sizeof(float);
        // relu works in the place of what it is given.
        const long Values = 50 * (100 + (2 * (200 + 10))) * sizeof(float);

        using var three = new EmbeddedEngines(3, TimeProvider.System);
        three.NeedOf(run, RunMemory.OfRecord(run)).Bytes.ShouldBe((vector * (1 + stateVectors) * 2) + (3 * vector) + Values);
        three.NeedOf(run, RunMemory.OfWeights(run)).Bytes
            .ShouldBe((vector * (1 + stateVectors)) + (3 * vector) + Values, "without a record");
        using var many = new EmbeddedEngines(64, TimeProvider.System);
        many.NeedOf(run, RunMemory.OfRecord(run)).Bytes
            .ShouldBe((vector * (1 + stateVectors) * 2) + (run.File.Shards * vector) + Values, "no more gradients than shards");
    }
}
