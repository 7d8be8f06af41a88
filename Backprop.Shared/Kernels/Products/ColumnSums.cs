using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Backprop.Shared.Gradients;

namespace Backprop.Shared.Kernels.Products;

/// <summary>
/// The sums of a matrix' columns: the gradient of a bias. Each shard's sum runs down its rows from +0.0; the shards' sums are folded by the
/// reduction tree, as a product's chains are.
/// </summary>
internal static unsafe class ColumnSums
{
    /// <summary>How many floats of scratch memory are needed.</summary>
    public static int ScratchFloats(int columns, int shards) => columns * (ReductionTree.StackDepth(shards) + 1);

    /// <summary>Writes one sum a column.</summary>
    /// <param name="rows">The first row's first column.</param>
    /// <param name="stride">The distance between rows.</param>
    /// <param name="segments">The shards that the rows belong to.</param>
    public static void Run(float* rows, nint stride, int columns, Segments segments, float* sums, float* scratch)
    {
        var top = 0;
        for (var segment = 0; segment < segments.Count; segment++)
        {
            Sum(rows, stride, columns, segments.Lengths[segment], scratch + (top * columns));
            rows += segments.Lengths[segment] * stride;
            top++;
            for (var fold = segments.Folds[segment]; fold > 0; fold--)
            {
                top--;
                var left = new Span<float>(scratch + ((top - 1) * columns), columns);
                Traversal.Binary(default(AddOperator), left, new ReadOnlySpan<float>(scratch + (top * columns), columns), left);
            }
        }

        new ReadOnlySpan<float>(scratch, columns).CopyTo(new Span<float>(sums, columns));
    }

    private static void Sum(float* rows, nint stride, int columns, int count, float* sums)
    {
        var done = 0;
        if (Vector512.IsHardwareAccelerated)
        {
            done = Down<Width512, Vector512<float>>(rows, stride, columns, count, sums, done);
        }

        if (Vector256.IsHardwareAccelerated)
        {
            done = Down<Width256, Vector256<float>>(rows, stride, columns, count, sums, done);
        }

        if (Vector128.IsHardwareAccelerated)
        {
            done = Down<Width128, Vector128<float>>(rows, stride, columns, count, sums, done);
        }

        Down<WidthScalar, float>(rows, stride, columns, count, sums, done);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static int Down<TWidth, TVector>(float* rows, nint stride, int columns, int count, float* sums, int start)
        where TWidth : struct, IWidth<TVector>
        where TVector : struct
    {
        var column = start;
        for (; column <= columns - (4 * TWidth.Lanes); column += 4 * TWidth.Lanes)
        {
            var zero = TWidth.Broadcast(0f);
            var (s0, s1, s2, s3) = (zero, zero, zero, zero);
            var row = rows + column;
            for (var r = 0; r < count; r++, row += stride)
            {
                s0 = TWidth.Add(s0, TWidth.Load(ref *row));
                s1 = TWidth.Add(s1, TWidth.Load(ref *(row + TWidth.Lanes)));
                s2 = TWidth.Add(s2, TWidth.Load(ref *(row + (2 * TWidth.Lanes))));
                s3 = TWidth.Add(s3, TWidth.Load(ref *(row + (3 * TWidth.Lanes))));
            }

            TWidth.Store(s0, ref sums[column]);
            TWidth.Store(s1, ref sums[column + TWidth.Lanes]);
            TWidth.Store(s2, ref sums[column + (2 * TWidth.Lanes)]);
            TWidth.Store(s3, ref sums[column + (3 * TWidth.Lanes)]);
        }

        for (; column <= columns - TWidth.Lanes; column += TWidth.Lanes)
        {
            var sum = TWidth.Broadcast(0f);
            var row = rows + column;
            for (var r = 0; r < count; r++, row += stride)
            {
                sum = TWidth.Add(sum, TWidth.Load(ref *row));
            }

            TWidth.Store(sum, ref sums[column]);
        }

        return column;
    }

    private readonly struct AddOperator : IBinaryOperator
    {
        public TVector Apply<TWidth, TVector>(TVector x, TVector y)
            where TWidth : struct, IWidth<TVector>
            where TVector : struct => TWidth.Add(x, y);
    }
}
