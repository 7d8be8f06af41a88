using System.Globalization;
using Backprop.Shared.Protocol;
using Backprop.Shared.Runs;
using Backprop.Tests.TestUtilities;
using Google.Protobuf;

namespace Backprop.Tests.Shared.Protocol;

/// <summary>
/// What a hostile or broken peer can send. BACKPROP_FUZZ says how many frames; the seed is fixed, so a failure is repeated.
/// </summary>
public sealed class FuzzTests(ITestOutputHelper output)
{
    private static readonly long FrameCount =
        long.Parse(Environment.GetEnvironmentVariable("BACKPROP_FUZZ") ?? "1000000", CultureInfo.InvariantCulture);

    [Fact]
    public void NoStreamOfBytesDoesHarmAndEveryGoodFrameComesOut()
    {
        var fuzzer = new FrameFuzzer(20261122);
        while (fuzzer.Frames < FrameCount)
        {
            fuzzer.Connection();
        }

        output.WriteLine($"{fuzzer.Frames} frames, {fuzzer.Received} received, {fuzzer.Refusals} connections refused");

        // The check is one only if both things happen often.
        fuzzer.Received.ShouldBeGreaterThan(FrameCount / 2);
        fuzzer.Refusals.ShouldBeGreaterThan(FrameCount / 100);
    }

    [Fact]
    public void NoEnvelopeDoesHarm()
    {
        var random = new SplitMix64(7);
        var reader = new StepEnvelopeReader();
        var request = new JoinRequest
        {
            Protocol = FrameFormat.ProtocolVersion,
            Numerics = NumericsVersion.Current,
            Version = "0.1.0",
            Name = "left",
            Instance = ByteString.CopyFrom(new byte[16]),
            Incarnation = 1,
            Slots = 2,
        };
        var open = new Open { Ticket = ByteString.CopyFrom(new byte[32]), Term = 3 };
        var work = new StepEnvelope { Step = 3, Elements = 500, Loss = 1 };
        byte[][] good = [request.ToByteArray(), open.ToByteArray(), work.ToByteArray()];
        var readable = 0;
        for (var i = 0; i < 20_000; i++)
        {
            byte[] bytes = [.. good[i % good.Length]];
            for (var flips = random.Below(4); flips > 0; flips--)
            {
                bytes[random.Below(bytes.Length)] ^= (byte)(1 << random.Below(8));
            }

            var length = random.Below(4) == 0 ? random.Below(bytes.Length) : bytes.Length;
            var cut = bytes.AsSpan(0, length);
            try
            {
                reader.Read(cut);
                readable++;
            }
            catch (ProtocolException)
            {
                // Refused, as most must be.
            }

            try
            {
                JoinCheck.Check(Envelopes.Read(JoinRequest.Parser, cut));
                Envelopes.Read(Open.Parser, cut);
                Envelopes.Read(Failure.Parser, cut);
                readable++;
            }
            catch (ProtocolException)
            {
                // Refused, as most must be.
            }
        }

        readable.ShouldBeGreaterThan(1000);
    }
}
