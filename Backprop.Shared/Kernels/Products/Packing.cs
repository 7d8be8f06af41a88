using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Backprop.Shared.Kernels.Products;

/// <summary>
/// Copies a factor into panels that the <see cref="TileKernel{TWidth, TVector, TTile}"/> reads front to back: for each k, <c>width</c>
/// elements side by side. Outputs beyond the matrix' edge get zeros (they are computed and thrown away); k is never padded. Up to a cache
/// line behind the last panel may be written.
/// </summary>
/// <remarks>
/// Memory is read along its rows, a few rows at a time, so that the processor's prefetchers see few streams, every cache line is used
/// up when it is there, and rows a power of two apart do not push each other out.
/// </remarks>
internal static unsafe class Packing
{
    /// <summary>Rows that are copied side by side, where k runs down the columns.</summary>
    private const int RowsAtOnce = 4;

    /// <summary>
    /// How far along its rows a group of four is transposed before the next: the panel's part then stays in the first cache.
    /// </summary>
    private const int Stretch = 64;

    /// <summary>
    /// Packs outputs [first, first + count) and k in [kFirst, kFirst + kCount) into panels <c>[kCount, width]</c>, one after the other.
    /// </summary>
    public static void Panels(in Operand operand, int first, int count, int kFirst, int kCount, int width, float* panels)
    {
        if (operand.Along)
        {
            for (var output = 0; output < count; output += width, panels += (nint)width * kCount)
            {
                var rows = operand.Data + ((first + output) * operand.Stride) + kFirst;
                Transpose(rows, operand.Stride, Math.Min(width, count - output), kCount, width, panels);
            }
        }
        else
        {
            Copy(operand.Data + (kFirst * operand.Stride) + first, operand.Stride, count, kCount, width, panels);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Copy(float* source, nint stride, int count, int kCount, int width, float* panels)
    {
        var whole = count - (count % width);
        for (var k = 0; k < kCount; k += RowsAtOnce, source += RowsAtOnce * stride, panels += RowsAtOnce * width)
        {
            var rows = Math.Min(RowsAtOnce, kCount - k);
            var panel = panels;
            for (var output = 0; output < whole; output += width, panel += (nint)width * kCount)
            {
                for (var row = 0; row < rows; row++)
                {
                    Prefetch(source + ((row + (2 * RowsAtOnce)) * stride) + output, width);
                    if (width < 16 && Vector512.IsHardwareAccelerated && k + row + 1 < kCount && output + 16 <= count)
                    {
                        // What is too much falls on the panel's next row, which comes next.
                        Vector512.Load(source + (row * stride) + output).Store(panel + (row * width));
                    }
                    else
                    {
                        CopyRow(source + (row * stride) + output, panel + (row * width), width);
                    }
                }
            }

            for (var row = 0; row < rows && whole < count; row++)
            {
                for (var i = 0; i < width; i++)
                {
                    panel[(row * width) + i] = whole + i < count ? source[(row * stride) + whole + i] : 0f;
                }
            }
        }
    }

    /// <summary>Asks for the same place of a row to come: the hardware does not see across rows.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Prefetch(float* address, int width)
    {
        if (Sse.IsSupported)
        {
            Sse.Prefetch1(address);
            if (width > 16)
            {
                Sse.Prefetch1(address + 16);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void CopyRow(float* source, float* to, int width)
    {
        var i = 0;
        if (Vector512.IsHardwareAccelerated)
        {
            for (; i <= width - 16; i += 16)
            {
                Vector512.Load(source + i).Store(to + i);
            }
        }

        for (; i <= width - 4; i += 4)
        {
            Vector128.Load(source + i).Store(to + i);
        }

        for (; i < width; i++)
        {
            to[i] = source[i];
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Transpose(float* source, nint stride, int count, int kCount, int width, float* panel)
    {
        var done = Transposition.Panel(source, stride, count, kCount, width, panel);
        source += done;
        panel += done * width;
        for (var k = done; k < kCount; k += Stretch, source += Stretch, panel += Stretch * width)
        {
            var length = Math.Min(Stretch, kCount - k);
            var i = 0;
            if (Sse.IsSupported)
            {
                for (; i <= count - 4; i += 4)
                {
                    TransposeFourRows(source + (i * stride), stride, length, width, panel + i);
                }
            }

            for (; i < width; i++)
            {
                for (var l = 0; l < length; l++)
                {
                    panel[(l * width) + i] = i < count ? source[(i * stride) + l] : 0f;
                }
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void TransposeFourRows(float* row, nint stride, int length, int width, float* to)
    {
        float* row1 = row + stride, row2 = row1 + stride, row3 = row2 + stride;
        var k = 0;
        for (; k <= length - 4; k += 4, to += 4 * width)
        {
            // One line for each step, so that the next stretch of these four rows is on its way: their lines in turn.
            Sse.Prefetch1(row + Stretch + (k & ~15) + (((k >> 2) & 3) * stride));
            var (r0, r1) = (Vector128.Load(row + k), Vector128.Load(row1 + k));
            var (r2, r3) = (Vector128.Load(row2 + k), Vector128.Load(row3 + k));
            var (low01, high01) = (Sse.UnpackLow(r0, r1), Sse.UnpackHigh(r0, r1));
            var (low23, high23) = (Sse.UnpackLow(r2, r3), Sse.UnpackHigh(r2, r3));
            Sse.MoveLowToHigh(low01, low23).Store(to);
            Sse.MoveHighToLow(low23, low01).Store(to + width);
            Sse.MoveLowToHigh(high01, high23).Store(to + (2 * width));
            Sse.MoveHighToLow(high23, high01).Store(to + (3 * width));
        }

        for (; k < length; k++, to += width)
        {
            (to[0], to[1], to[2], to[3]) = (row[k], row1[k], row2[k], row3[k]);
        }
    }
}
