using System.Globalization;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Backprop.Shared.Kernels;
using Backprop.Shared.Kernels.Operators;
using Backprop.Shared.Losses;
using Backprop.Shared.Primitives;
using Backprop.Tests.TestUtilities;

namespace Backprop.Tests.Shared.Kernels;

public class InstructionSetTests
{
    private const string Kernels = "kernels";

    [Theory]
    [InlineData(InstructionSet.NoAvx512)]
    [InlineData(InstructionSet.NoAvx2)]
    [InlineData(InstructionSet.None)]
    public void EveryKernelGivesTheSameBitsWithoutThem(InstructionSet set) =>
        InstructionSets.RunChild(set, Kernels).ShouldBe(HashOfEveryKernel());

    /// <summary>One hash a kernel, so that a difference names its place.</summary>
    [Routine(Kernels)]
    internal static string HashOfEveryKernel()
    {
        var lines = new List<string>();
        foreach (var length in (int[])[10, 67, 300])
        {
            var x = KernelInputs.Mixed(2 * length);
            Add("exp", x, y => Traversal.Unary(default(ExpOperator), x, y));
            Add("log", x, y => Traversal.Unary(default(LogOperator), x, y));
            Add("tanh", x, y => Traversal.Unary(default(TanhOperator), x, y));
            Add("sigmoid", x, y => Traversal.Unary(default(SigmoidOperator), x, y));
            Add("softmax", x, y => Softmax.Rows(x, length, y));
            Add("sums", x, y => Reductions.RowSums(x, length, y.AsSpan(0, 2)));
            Add("maxima", x, y => Reductions.RowMaxima(x, length, y.AsSpan(0, 2)));
            Add("cross-entropy", x, y => new CrossEntropySpec().Compute(x, new Targets([1, 2], []), new float[2], y));
            Add("mse", x, y => new MeanSquaredErrorSpec().Compute(x, new Targets([], KernelInputs.Even(2 * length, 3)), new float[2], y));
            lines.Add($"squares {length} {SquareSum.Of(default(ExpOperator), x.AsSpan(0, length)):R}");
        }

        lines.Add("double " + HashOfTheDoubleFunctions());
        return string.Join('\n', lines);

        void Add(string kernel, float[] x, Action<float[]> compute)
        {
            var y = new float[x.Length];
            compute(y);
            lines.Add(string.Create(CultureInfo.InvariantCulture, $"{kernel} {x.Length} {Hash<float>(y)}"));
        }
    }

    private static string HashOfTheDoubleFunctions()
    {
        var random = new CounterRandom(3, RandomPurpose.Synthetic);
        var values = new List<double>();
        for (ulong i = 0; i < 300; i++)
        {
            var x = (random.Uniform(0, i) - 0.5) * Math.ScaleB(1, (int)(i % 40));
            values.AddRange(Functions.Exp(x), Functions.Log(Math.Abs(x)), Functions.Tanh(x), Functions.Sin(x), Functions.Cos(x));
            values.AddRange(Functions.Pow(Math.Abs(x), random.Uniform(1, i) * 10));
        }

        return Hash<double>(CollectionsMarshal.AsSpan(values));
    }

    private static string Hash<T>(ReadOnlySpan<T> values)
        where T : struct => Convert.ToHexString(SHA256.HashData(MemoryMarshal.AsBytes(values)))[..16];
}
