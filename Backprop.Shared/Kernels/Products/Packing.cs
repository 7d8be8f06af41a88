using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Backprop.Shared.Kernels.Products;

/// <summary>
/// Copies a factor into panels that the <see cref="TileKernel{TWidth, TVector, TTile}"/> reads front to back: for each k, <c>width</c> elements side by
/// side. Outputs beyond the matrix' edge get zeros (they are computed and thrown away); k is never padded.
/// </summary>
internal static unsafe class Packing
{
    /// <summary>Packs outputs [first, first + count) and k in [kFirst, kFirst + kCount) into one panel <c>[kCount, width]</c>.</summary>
    public static void Panel(in Operand operand, int first, int count, int kFirst, int kCount, int width, float* panel)
    {
        if (operand.Along)
        {
            Transpose(operand.Data + (first * operand.Stride) + kFirst, operand.Stride, count, kCount, width, panel);
        }
        else
        {
            Copy(operand.Data + (kFirst * operand.Stride) + first, operand.Stride, count, kCount, width, panel);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Copy(float* source, nint stride, int count, int kCount, int width, float* panel)
    {
        for (var k = 0; k < kCount; k++, source += stride, panel += width)
        {
            var i = 0;
            if (count == width)
            {
                if (Vector512.IsHardwareAccelerated)
                {
                    for (; i <= width - 16; i += 16)
                    {
                        Vector512.Load(source + i).Store(panel + i);
                    }
                }

                for (; i <= width - 4; i += 4)
                {
                    Vector128.Load(source + i).Store(panel + i);
                }
            }

            for (; i < count; i++)
            {
                panel[i] = source[i];
            }

            for (; i < width; i++)
            {
                panel[i] = 0f;
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Transpose(float* source, nint stride, int count, int kCount, int width, float* panel)
    {
        var i = 0;
        if (Sse.IsSupported)
        {
            for (; i <= count - 4; i += 4)
            {
                TransposeFourRows(source + (i * stride), stride, kCount, width, panel + i);
            }
        }

        for (; i < count; i++)
        {
            var row = source + (i * stride);
            var to = panel + i;
            for (var k = 0; k < kCount; k++, to += width)
            {
                *to = row[k];
            }
        }

        for (; i < width; i++)
        {
            var to = panel + i;
            for (var k = 0; k < kCount; k++, to += width)
            {
                *to = 0f;
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void TransposeFourRows(float* row, nint stride, int kCount, int width, float* to)
    {
        float* row1 = row + stride, row2 = row1 + stride, row3 = row2 + stride;
        var k = 0;
        for (; k <= kCount - 4; k += 4, to += 4 * width)
        {
            var (r0, r1) = (Vector128.Load(row + k), Vector128.Load(row1 + k));
            var (r2, r3) = (Vector128.Load(row2 + k), Vector128.Load(row3 + k));
            var (low01, high01) = (Sse.UnpackLow(r0, r1), Sse.UnpackHigh(r0, r1));
            var (low23, high23) = (Sse.UnpackLow(r2, r3), Sse.UnpackHigh(r2, r3));
            Sse.MoveLowToHigh(low01, low23).Store(to);
            Sse.MoveHighToLow(low23, low01).Store(to + width);
            Sse.MoveLowToHigh(high01, high23).Store(to + (2 * width));
            Sse.MoveHighToLow(high23, high01).Store(to + (3 * width));
        }

        for (; k < kCount; k++, to += width)
        {
            (to[0], to[1], to[2], to[3]) = (row[k], row1[k], row2[k], row3[k]);
        }
    }
}
