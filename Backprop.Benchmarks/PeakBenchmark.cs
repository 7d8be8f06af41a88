using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Backprop.Benchmarks;

/// <summary>The limits that a core's work is measured against: independent fused multiply-adds in registers, and reading memory.</summary>
internal static class PeakBenchmark
{
    private const int Repetitions = 2_000_000;

    /// <summary>Prints both.</summary>
    public static int Run()
    {
        Console.WriteLine($"fused multiply-adds: {Best(10, () => Chains(Repetitions)):F1} GFLOP/s on one core");
        var memory = new float[64 << 20];

        // Pages that were never written all show the same zeros, from the cache.
        Array.Fill(memory, 1f);
        Console.WriteLine($"reading memory: {Best(10, () => Read(memory)):F1} GB/s on one core");
        return 0;
    }

    /// <summary>The best rate of several runs.</summary>
    public static double Best(int runs, Func<(double Work, double Sink)> body)
    {
        var best = 0.0;
        for (var run = 0; run < runs; run++)
        {
            var start = TimeProvider.System.GetTimestamp();
            var (work, sink) = body();
            best = Math.Max(best, work / TimeProvider.System.GetElapsedTime(start).TotalNanoseconds);
            GC.KeepAlive(sink);
        }

        return best;
    }

    /// <summary>What one core reaches at this moment, in operations a nanosecond: a shared machine's clock moves.</summary>
    public static double Now() => Best(1, () => Chains(Repetitions / 20));

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static (double Work, double Sink) Chains(int count)
    {
        var (x, y) = (Vector512.Create(0.9999f), Vector512.Create(1e-6f));
        var (a, b, c, d) = (x, x, x, x);
        var (e, f, g, h) = (x, x, x, x);
        var (i, j, k, l) = (x, x, x, x);
        for (var n = 0; n < count; n++)
        {
            (a, b, c, d) = (Fma(a, x, y), Fma(b, x, y), Fma(c, x, y), Fma(d, x, y));
            (e, f, g, h) = (Fma(e, x, y), Fma(f, x, y), Fma(g, x, y), Fma(h, x, y));
            (i, j, k, l) = (Fma(i, x, y), Fma(j, x, y), Fma(k, x, y), Fma(l, x, y));
        }

        return (12.0 * 32 * count, (a + b + c + d + e + f + g + h + i + j + k + l).ToScalar());
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> Fma(Vector512<float> a, Vector512<float> x, Vector512<float> y) => Vector512.FusedMultiplyAdd(a, x, y);

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static (double Work, double Sink) Read(float[] memory)
    {
        var (a, b) = (Vector512<float>.Zero, Vector512<float>.Zero);
        for (nuint i = 0; i < (nuint)memory.Length; i += 32)
        {
            a += Vector512.LoadUnsafe(ref memory[0], i);
            b += Vector512.LoadUnsafe(ref memory[0], i + 16);
        }

        return (4.0 * memory.Length, (a + b).ToScalar());
    }
}
