using Backprop.Shared.Kernels;

namespace Backprop.Tests.Shared.Kernels;

public class HardwareTests
{
    [Fact]
    public void TheReportNamesWidthAndFusedMultiplyAdd()
    {
        HardwareReport.Line.ShouldMatch("^(no vectors|(128|256|512)-bit vectors), fused multiply-add in (hardware|software \\(slow\\))$");
        HardwareReport.VectorBits.ShouldBeOneOf(32, 128, 256, 512);
    }

    [Fact]
    public void AThreadKeepsSubnormals() => Subnormals.Check();

    [Fact]
    public void ALostSubnormalIsNoticed()
    {
        // Half of 0 stays 0: what a thread that flushes would see.
        Subnormals.AreKept(0x0000_0000, 0.5f).ShouldBeFalse();
        Subnormals.AreKept(0x0080_0000, 0.5f).ShouldBeTrue();
    }
}
