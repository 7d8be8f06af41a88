using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using Backprop.Shared.Models;

namespace Backprop.Shared.Gradients;

/// <summary>
/// Whether numbers are finite. Without their sign, the bits of floats order as integers, and NaN and infinity are those from 0x7F800000
/// on.
/// </summary>
internal static class FiniteCheck
{
    private const int Infinity = 0x7F800000;
    private const int Magnitude = 0x7FFFFFFF;

    /// <summary>True where no value is NaN or infinite; true for none.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static bool All(ReadOnlySpan<float> values)
    {
        var bits = MemoryMarshal.Cast<float, int>(values);
        ref var source = ref MemoryMarshal.GetReference(bits);
        var largest = Vector512<int>.Zero;
        var i = 0;
        for (; i <= bits.Length - Vector512<int>.Count; i += Vector512<int>.Count)
        {
            largest = Vector512.Max(largest, Vector512.LoadUnsafe(ref source, (nuint)i) & Vector512.Create(Magnitude));
        }

        var finite = !Vector512.GreaterThanOrEqualAny(largest, Vector512.Create(Infinity));
        for (; i < bits.Length; i++)
        {
            finite &= (bits[i] & Magnitude) < Infinity;
        }

        return finite;
    }

    /// <summary>
    /// The first parameter of a flat vector that holds a NaN or an infinity, to be named in a message; null where there is none.
    /// </summary>
    public static Parameter? FirstNonFinite(ParameterLayout layout, ReadOnlySpan<float> flat)
    {
        foreach (var parameter in layout.Parameters)
        {
            if (!All(flat.Slice(parameter.Start, parameter.Length)))
            {
                return parameter;
            }
        }

        return null;
    }
}
