using System.Globalization;
using System.Numerics;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;
using Backprop.Shared.Kernels.Products;
using Backprop.Shared.Tensors;

namespace Backprop.Benchmarks;

/// <summary>
/// The three layouts of the matrix product beside OpenBLAS' sgemm on one thread, and beside the core's peak: in turn, in one run, best and
/// median of the rounds.
/// </summary>
internal static unsafe partial class ProductBenchmark
{
    private const int Rounds = 40;
    private const int RowMajor = 101;
    private const int Plain = 111;
    private const int Transposed = 112;

    /// <summary>Measures m, n, k (1024 each if left out), with k cut into so many shards in the weight gradient.</summary>
    public static int Run(string[] args)
    {
        var sizes = args.Select(a => int.Parse(a, CultureInfo.InvariantCulture)).ToArray();
        var (m, n, k) = sizes.Length >= 3 ? (sizes[0], sizes[1], sizes[2]) : (1024, 1024, 1024);
        var shards = sizes.Length > 3 ? sizes[3] : 1;
        Console.WriteLine($"{m} x {n} x {k}, one thread, {Rounds} rounds");
        using var pool = new TensorPool();
        var (a, b, c, d) = (Filled(pool, m * k), Filled(pool, n * k), pool.Rent(m * n), pool.Rent(m * n));
        var workspace = pool.Rent(Product.WorkspaceFloats(m, n, k, true));
        var openBlas = FindOpenBlas();
        for (var layout = 0; layout < 3; layout++)
        {
            var (ours, theirs, peaks) = (new double[Rounds], new double[Rounds], new double[Rounds]);
            for (var round = 0; round < Rounds; round++)
            {
                peaks[round] = PeakBenchmark.Now();
                ours[round] = Time(() => Ours(layout, a, b, c, workspace, m, n, k, layout == 2 ? shards : 1));
                theirs[round] = openBlas ? Time(() => Theirs(layout, a, b, d, m, n, k)) : double.NaN;
            }

            var operations = 2.0 * m * n * k;
            var name = layout switch { 0 => "forward", 1 => "input gradient", _ => $"weight gradient, {shards} shards" };
            var peak = Median(peaks);
            Console.WriteLine(
                $"{name,-28} ours {Rate(operations, ours)}   OpenBLAS {Rate(operations, theirs)}   "
                + $"ratio of medians {Median(theirs) / Median(ours):F3}, of the peak's {peak:F1} {operations / Median(ours) / peak:F3}");
        }

        return 0;
    }

    private static void Ours(
        int layout, FloatBuffer a, FloatBuffer b, FloatBuffer c, FloatBuffer workspace, int m, int n, int k, int shards)
    {
        int* lengths = stackalloc int[shards], folds = stackalloc int[shards];
        for (var shard = 0; shard < shards; shard++)
        {
            lengths[shard] = ((shard + 1) * k / shards) - (shard * k / shards);
            folds[shard] = BitOperations.TrailingZeroCount(shard + 1);
        }

        Product.Run<StorePlain>(new ProductCall
        {
            A = layout == 2 ? Operand.DownColumns(a.Pointer, m) : Operand.AlongRows(a.Pointer, k),
            B = layout == 0 ? Operand.AlongRows(b.Pointer, k) : Operand.DownColumns(b.Pointer, n),
            Rows = m,
            Columns = n,
            Segments = new Segments(lengths, folds, shards),
            C = c.Pointer,
            Stride = n,
            Workspace = workspace.Pointer,
        });
    }

    private static void Theirs(int layout, FloatBuffer a, FloatBuffer b, FloatBuffer c, int m, int n, int k) => Sgemm(
        RowMajor,
        layout == 2 ? Transposed : Plain,
        layout == 0 ? Transposed : Plain,
        m,
        n,
        k,
        1,
        a.Pointer,
        layout == 2 ? m : k,
        b.Pointer,
        layout == 0 ? k : n,
        0,
        c.Pointer,
        n);

    private static bool FindOpenBlas()
    {
        NativeLibrary.SetDllImportResolver(typeof(ProductBenchmark).Assembly, (name, _, _) =>
            name == "openblas" && NativeLibrary.TryLoad("libopenblas.so.0", out var library) ? library : 0);
        NameKernels();
        try
        {
            SetThreads(1);
            Console.WriteLine($"OpenBLAS takes its kernels for {Marshal.PtrToStringUTF8(CoreName())}");
            return true;
        }
        catch (DllNotFoundException)
        {
            Console.WriteLine("OpenBLAS is not here (Debian: apt-get install libopenblas0-pthread); measuring alone.");
            return false;
        }
    }

    // OpenBLAS may take old kernels, of a fraction of the speed, on a processor that is newer than itself. So what the processor can do
    // says which ones run, unless the user does. OpenBLAS reads the C library's environment, which .NET does not write.
    private static void NameKernels()
    {
        if (OperatingSystem.IsLinux() && Avx512F.VL.IsSupported && Avx512DQ.IsSupported && Avx512BW.IsSupported && Avx512CD.IsSupported)
        {
            _ = SetVariable("OPENBLAS_CORETYPE", "SkylakeX", 0);
        }
    }

    private static FloatBuffer Filled(TensorPool pool, int length)
    {
        var buffer = pool.Rent(length);
        for (var i = 0; i < length; i++)
        {
            buffer.Values[i] = (i * 7919L % 1000 * 0.001f) - 0.5f;
        }

        return buffer;
    }

    private static double Time(Action body)
    {
        var start = TimeProvider.System.GetTimestamp();
        body();
        return TimeProvider.System.GetElapsedTime(start).TotalNanoseconds;
    }

    private static string Rate(double operations, double[] times) =>
        $"{operations / Median(times),6:F1} GFLOP/s (best {operations / times.Min(),6:F1})";

    private static double Median(double[] values) => values.Order().ElementAt(values.Length / 2);

    [LibraryImport("libc", EntryPoint = "setenv", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int SetVariable(string name, string value, int overwrite);

    [LibraryImport("openblas", EntryPoint = "openblas_get_corename")]
    private static partial nint CoreName();

    [LibraryImport("openblas", EntryPoint = "openblas_set_num_threads")]
    private static partial void SetThreads(int threads);

    [LibraryImport("openblas", EntryPoint = "cblas_sgemm")]
    private static partial void Sgemm(
        int order,
        int transposeA,
        int transposeB,
        int m,
        int n,
        int k,
        float alpha,
        float* a,
        int strideA,
        float* b,
        int strideB,
        float beta,
        float* c,
        int strideC);
}
