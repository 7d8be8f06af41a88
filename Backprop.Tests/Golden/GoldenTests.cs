using Backprop.Shared.Runs;
using Backprop.Tests.TestUtilities;

namespace Backprop.Tests.Golden;

/// <summary>Contract 2: the same weights, bit for bit, for any number of workers, any split of products and any instruction set.</summary>
public sealed class GoldenTests
{
    internal const string Digits = "ebe02c322dd46d5f7d92c1f5b19a6c51b153afe567eb2f68261229c081c5db42";
    private const string Wide = "b18ce95314b0463bf525894a3e10933f38024e4b1aa089e9154c2b88fc09e144";
    internal const string Mnist = "ce2f2e755ddecd2a6bef4b5c5ed76bdfbb6a2c099d770ef1d568401a9e194eed";

    private static readonly Dictionary<string, string> Small = new()
    {
        ["sgd"] = "b2cdf4fbfc0e7fa2c2487676dc4db62d69e8e3ced030f005858ffe8b17999a39",
        ["momentum"] = "6b3e0db3d650f868b23546948b4f230de00e6bb60809343171247e590446568b",
        ["nesterov"] = "9520637ccc904a76fe181537fd136c8f65db83d09a1a5388e13692dc16202a10",
        ["adam"] = "de80110f02e781256c318fc8c1a2fedc1f5e57fbed8faec28c97b9326f6dbe94",
        ["adamw"] = "ca0be5ef18ea5f83be262bd3a2acf61ed08152f3c5e810f5b0588ee018fa0e16",
    };

    public static TheoryData<int> Workers => [1, 2, 3, 5, 8];

    public static TheoryData<InstructionSet> Sets => [InstructionSet.NoAvx512, InstructionSet.NoAvx2, InstructionSet.None];

    [Theory]
    [MemberData(nameof(Workers))]
    public void Digits_HasItsHashWithAnyNumberOfWorkers(int workers)
    {
        var run = PreparedRun.Load(RunFile.Load(Repository.PathOf("examples", "digits.yaml"), []));

        GoldenRuns.HashOf(run, workers).ShouldBe(Digits);
    }

    [Theory]
    [MemberData(nameof(Workers))]
    public void LargeLayers_HaveTheirHashWithAnyNumberOfWorkersAndAnySplit(int workers)
    {
        var run = GoldenRuns.Parse(GoldenRuns.Wide);

        foreach (var splitFrom in new[] { 0L, 300_000, long.MaxValue })
        {
            GoldenRuns.HashOf(run, workers, splitFrom).ShouldBe(Wide, $"split from {splitFrom}");
        }
    }

    [Theory]
    [MemberData(nameof(Workers))]
    public void Mnist_HasItsHashWithAnyNumberOfWorkers(int workers)
    {
        Assert.SkipWhen(
            Repository.Mnist is null, "MNIST is not here: put its four files into data/mnist or name their folder in BACKPROP_MNIST.");
        var run = PreparedRun.Load(RunFile.Load(Repository.PathOf("examples", "mnist-mlp.yaml"), MnistSets()));

        GoldenRuns.HashOf(run, workers, steps: 20).ShouldBe(Mnist);
    }

    [Fact]
    public void EveryOptimizer_HasItsHash()
    {
        foreach (var optimizer in GoldenRuns.Optimizers)
        {
            foreach (var workers in new[] { 1, 3 })
            {
                GoldenRuns.HashOf(GoldenRuns.SmallRun(optimizer), workers).ShouldBe(Small[optimizer], $"{optimizer}, {workers} workers");
            }
        }
    }

    [Theory]
    [MemberData(nameof(Sets))]
    public void EveryInstructionSet_GivesTheSameHashes(InstructionSet set)
    {
        var expected = string.Join('\n', GoldenRuns.Optimizers.Select(o => $"{o} {Small[o]}"));

        InstructionSets.RunChild(set, "golden").ShouldBe(expected);
    }

    internal static string[] MnistSets() =>
    [
        $"data.train.images={Repository.Mnist}/train-images-idx3-ubyte.gz",
        $"data.train.labels={Repository.Mnist}/train-labels-idx1-ubyte.gz",
        $"data.test.images={Repository.Mnist}/t10k-images-idx3-ubyte.gz",
        $"data.test.labels={Repository.Mnist}/t10k-labels-idx1-ubyte.gz",
    ];
}
