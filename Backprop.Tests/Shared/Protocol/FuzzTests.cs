using System.Globalization;
using Backprop.Shared.Protocol;
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
        var dice = new FuzzDice(7);
        var reader = new StepEnvelopeReader();
        var hello = new Hello
        {
            Protocol = 1,
            Numerics = 1,
            Version = "0.1.0",
            Nonce = ByteString.CopyFrom(new byte[32]),
            Name = "left",
            Instance = ByteString.CopyFrom(new byte[16]),
            Incarnation = 1,
            Slots = 2,
        };
        var token = new JoinToken("0123456789abcdef"u8);
        var challenge = Handshake.Challenge(new byte[32], token);
        var step = new StepEnvelope { Step = 3, Elements = 500, Loss = 1 };
        byte[][] good = [hello.ToByteArray(), challenge.ToByteArray(), step.ToByteArray()];
        var readable = 0;
        for (var i = 0; i < 20_000; i++)
        {
            byte[] bytes = [.. good[i % good.Length]];
            for (var flips = dice.Below(4); flips > 0; flips--)
            {
                bytes[dice.Below(bytes.Length)] ^= (byte)(1 << dice.Below(8));
            }

            var cut = bytes.AsSpan(0, dice.Below(4) == 0 ? dice.Below(bytes.Length) : bytes.Length);
            try
            {
                reader.Read(cut);
                readable++;
            }
            catch (ProtocolException)
            {
                // What is wanted.
            }

            try
            {
                HelloCheck.Check(challenge, Envelopes.Read(Hello.Parser, cut), token);
                ChallengeCheck.Check(Envelopes.Read(Challenge.Parser, cut), token);
                readable++;
            }
            catch (ProtocolException)
            {
                // What is wanted.
            }
        }

        readable.ShouldBeGreaterThan(1000);
    }
}
