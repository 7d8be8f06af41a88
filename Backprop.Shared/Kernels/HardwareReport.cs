using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

namespace Backprop.Shared.Kernels;

/// <summary>Which of the widths this process computes with. It changes the speed, never a result.</summary>
public static class HardwareReport
{
    /// <summary>The bits of the widest register in use: 512, 256, 128, or 32 where there are no vectors.</summary>
    public static int VectorBits =>
        Vector512.IsHardwareAccelerated ? 512 : Vector256.IsHardwareAccelerated ? 256 : Vector128.IsHardwareAccelerated ? 128 : 32;

    /// <summary>False where the runtime computes fused multiply-adds in software, about thirty times slower.</summary>
    public static bool HasFusedMultiplyAdd => Avx512F.IsSupported || Fma.IsSupported || AdvSimd.IsSupported;

    /// <summary>One line for a log: <c>512-bit vectors, fused multiply-add in hardware</c>.</summary>
    public static string Line =>
        (VectorBits == 32 ? "no vectors" : $"{VectorBits}-bit vectors") +
        ", fused multiply-add in " +
        (HasFusedMultiplyAdd ? "hardware" : "software (slow)");
}
