using Backprop.Shared.Protocol;
using Google.Protobuf;

namespace Backprop.Tests.Shared.Protocol;

public sealed class StepEnvelopeReaderTests
{
    private readonly StepEnvelopeReader _reader = new();

    [Fact]
    public void NothingOfAnEarlierEnvelopeIsLeft()
    {
        var full = new StepEnvelope
        {
            Step = 1,
            First = 2,
            Count = 3,
            Attempt = 4,
            Generation = 5,
            Start = 6,
            Elements = 7,
            Finite = true,
            Loss = 8,
            Vector = 9,
        };

        // Every field is filled, so a field that a reset forgets is seen here.
        StepEnvelope.Descriptor.Fields.InDeclarationOrder().ShouldAllBe(field => field.HasPresence
            ? field.Accessor.HasValue(full)
            : !field.Accessor.GetValue(full).Equals(field.Accessor.GetValue(new StepEnvelope())));
        _reader.Read(full.ToByteArray()).ShouldBe(full);
        _reader.Read([]).ShouldBe(new StepEnvelope());
    }

    [Fact]
    public void ALossKeepsItsBits()
    {
        foreach (var loss in (double[])[0.0, -0.0, double.NaN, double.NegativeInfinity, double.Epsilon])
        {
            var read = _reader.Read(new StepEnvelope { Loss = loss }.ToByteArray());

            BitConverter.DoubleToInt64Bits(read.Loss).ShouldBe(BitConverter.DoubleToInt64Bits(loss));
            read.HasLoss.ShouldBeTrue();
        }
    }

    [Theory]
    [InlineData("FF")] // a cut tag
    [InlineData("0A05")] // a field of another type, cut
    [InlineData("5801")] // an unknown field
    [InlineData("08010802")] // the same field twice
    [InlineData("0800")] // a zero that need not be written
    [InlineData("088100")] // one, written longer than it is
    public void WhatIsNotCanonicalIsRefusedAndNothingOfItStays(string hex)
    {
        Should.Throw<ProtocolException>(() => _reader.Read(Convert.FromHexString(hex))).Message.ShouldContain(nameof(StepEnvelope));

        _reader.Read(new StepEnvelope { Count = 9 }.ToByteArray()).ShouldBe(new StepEnvelope { Count = 9 });
    }

    [Fact]
    public void ReadingAllocatesNothing()
    {
        var bytes = new StepEnvelope { Step = 100, First = 4, Count = 4, Attempt = 900, Elements = 1 << 18, Loss = 0.25 }.ToByteArray();
        for (var i = 0; i < 100; i++)
        {
            _reader.Read(bytes);
        }

        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1000; i++)
        {
            _reader.Read(bytes);
        }

        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBe(0);
    }
}
