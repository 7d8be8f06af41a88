using Backprop.Shared.Data.Files;
using Backprop.Shared.Primitives;
using Backprop.Shared.Tensors;

namespace Backprop.Shared.Data;

/// <summary>
/// Made-up samples, by seed, for benchmarks and tests: each class has a centre, and a sample is its class's centre plus noise. The noise
/// has deviation 1 (a sum of four uniform numbers, which is near enough to Gaussian and takes no library function), the centres lie
/// about 6 apart, so that a good model gets nearly all of them right but has to learn to.
/// </summary>
[Kind("synthetic")]
public sealed record SyntheticSource : SourceSpec
{
    // Samples to test on are counted from here, so that they are others than those trained on, of the same classes.
    private const ulong FirstTest = 1UL << 32;
    private const ulong Centres = 1UL << 63;

    // The four uniform numbers are 16 bits each: their sum has mean 131070 and deviation √((65536² - 1) / 3).
    private const float NoiseMean = 131070;
    private const float NoiseUnit = 1 / 37837.227f;

    /// <summary>How many samples, 1 or more.</summary>
    public required int Samples { get; init => field = AtLeastOne(value, "samples"); }

    /// <summary>How many inputs a sample has, 1 or more.</summary>
    public required int Inputs { get; init => field = AtLeastOne(value, "inputs"); }

    /// <summary>How many classes, 1 or more.</summary>
    public required int Classes { get; init => field = AtLeastOne(value, "classes"); }

    /// <inheritdoc/>
    public override DataSet Load(in SourceContext context)
    {
        if (context.Classes is { } stated && stated != Classes)
        {
            throw new UserException(ExitCode.Usage, $"synthetic: there are {Classes} classes, but data.classes states {stated}; " +
                "correct one of them.");
        }

        Bytes.Require("synthetic", (long)Samples * Inputs);
        Bytes.Require("synthetic", (long)Classes * Inputs);
        var random = new CounterRandom(context.Seed, RandomPurpose.Synthetic);
        var centres = MakeCentres(random);
        var features = new float[Samples * Inputs];
        var labels = new int[Samples];
        var first = context.IsTest ? FirstTest : 0;
        for (var sample = 0; sample < Samples; sample++)
        {
            var id = first + (ulong)sample;
            labels[sample] = (int)random.Below((ulong)Classes, id, ulong.MaxValue);
            var row = features.AsSpan(sample * Inputs, Inputs);
            AddNoise(random, id, centres.AsSpan(labels[sample] * Inputs, Inputs), row);
        }

        return new DataSet(new Shape(Inputs), features, labels, ClassLabels.Numbers(Classes));
    }

    /// <summary>Uniform in ±√(54 / inputs): two of them are then 6 apart, as the root of the mean square.</summary>
    private float[] MakeCentres(CounterRandom random)
    {
        var reach = (float)Math.Sqrt(54.0 / Inputs);
        var centres = new float[Classes * Inputs];
        for (var index = 0; index < centres.Length; index++)
        {
            centres[index] = (float)((2 * random.Uniform(Centres, (ulong)index)) - 1) * reach;
        }

        return centres;
    }

    /// <summary>Two values for each draw of four words.</summary>
    private static void AddNoise(CounterRandom random, ulong sample, ReadOnlySpan<float> centre, Span<float> row)
    {
        for (var column = 0; column < row.Length; column += 2)
        {
            var (a, b, c, d) = random.Words(sample, (ulong)column);
            row[column] = centre[column] + Noise(a, b);
            if (column + 1 < row.Length)
            {
                row[column + 1] = centre[column + 1] + Noise(c, d);
            }
        }
    }

    private static float Noise(uint a, uint b) => ((a & 0xFFFF) + (a >> 16) + (b & 0xFFFF) + (b >> 16) - NoiseMean) * NoiseUnit;

    private static int AtLeastOne(int value, string name) =>
        value >= 1 ? value : throw new ArgumentOutOfRangeException(name, $"{name} must be 1 or more");
}
