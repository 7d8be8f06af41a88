using Backprop.Shared.Primitives;
using Backprop.Shared.Protocol;
using Backprop.Tests.Shared.Protocol;
using Google.Protobuf;

namespace Backprop.Tests.EndToEnd;

/// <summary>
/// Whoever comes to the port of a running coordinator and may not come in: a closed connection for the stranger, a refusal in words for
/// the worker's person, a line in the log, and a training that goes on to the same weights (<see cref="AttackedRun"/> compares them at the
/// end).
/// </summary>
[Collection(AttackedRun.Name)]
public sealed class StrangerTests(AttackedRun run)
{
    private const int Strangers = 200;

    public static TheoryData<string, byte[], string> Nonsense => new()
    {
        { "HTTP", "GET /status HTTP/1.1\r\nHost: here\r\n\r\n"u8.ToArray(), "an HTTP request; this is the port of the workers" },
        { "TLS", [0x16, 0x03, 0x01, 0x02, 0x00], "a TLS handshake" },
        { "noise", [0xD3, 0x11, 0x9A, 0x00, 0x7F, 0x42, 0x42], "its first bytes are D3119A00" },
        { "a payload of 2^31-1 bytes", Announcing(int.MaxValue), "announced a payload of 2147483647 bytes" },
        { "a payload of 2^32-1 bytes", Announcing(uint.MaxValue), "announced a payload of 4294967295 bytes" },
        { "a long envelope", Header(FrameKind.Hello, envelope: ushort.MaxValue), "announced an envelope of 65535 bytes; 4096 are allowed" },
        { "an unknown kind", Header((FrameKind)77), "the unknown kind 77" },
        { "a gradient as a greeting", Header(FrameKind.Gradient), "a frame Gradient is not what a worker that has not been admitted" },
        { "a damaged greeting", Damaged(), "checksum of a frame Hello is wrong" },
        { "a greeting that is none", Frames.Of(FrameKind.Hello, [0xFF, 0xFF, 0xFF]), "not a readable Hello" },
    };

    [Theory]
    [MemberData(nameof(Nonsense))]
    public void NonsenseAtTheDoor_IsClosedWithASentenceInTheLog(string what, byte[] bytes, string sentence)
    {
        using var stranger = new RawWorker(run.Address);

        stranger.SendRaw(bytes);

        stranger.ShouldBeClosed().Refusal.ShouldBeNull(what);
        run.WaitForLine("refused a stranger at 127.0.0.1", sentence);
    }

    [Fact]
    public void HalfAGreetingAndTheEnd_IsForgotten()
    {
        using var stranger = new RawWorker(run.Address);

        stranger.SendRaw(Frames.Of(FrameKind.Hello, new byte[100]).AsSpan(0, 60));
        stranger.EndSending();

        stranger.ShouldBeClosed().Refusal.ShouldBeNull();
        run.ShouldGoOn();
    }

    [Fact]
    public void AnotherVersion_IsRefusedWithBoth()
    {
        ShouldBeRefused(ExitCode.Mismatch, h => h.Protocol = 9, "speaks protocol version 9, the coordinator", "version 1; install");
        ShouldBeRefused(ExitCode.Mismatch, h => h.Numerics += 4, "computes with numerics version", "so their bits differ");
    }

    [Fact]
    public void ATokenThatIsMissingOrWrong_OrAProofOfSomethingElse_IsRefused()
    {
        ShouldBeRefused(ExitCode.Authentication, h => h.Proof = ByteString.Empty, "asks for a token and the worker has none");
        ShouldBeRefused(ExitCode.Authentication, h => h.Proof = ByteString.CopyFrom(new byte[32]), "token is not the coordinator's");
        ShouldBeRefused(ExitCode.Authentication, h => h.Name = "another", "token is not the coordinator's");
    }

    [Fact]
    public void TwoWorkersOfOneId_TheSecondIsRefused_AndANewerConnectionReplacesTheOlder()
    {
        using var first = run.Join("twin", incarnation: 5);
        foreach (var incarnation in new long[] { 5, 4 })
        {
            using var second = new RawWorker(run.Address) { Incarnation = incarnation, Instance = first.Instance };
            second.Greet(run.Token);
            second.ShouldBeRefused(ExitCode.Usage, "A worker of this id is connected already");
        }

        using var newer = new RawWorker(run.Address) { Incarnation = 6, Instance = first.Instance, Name = first.Name }.Join(run.Token);

        first.ShouldBeClosed();
        run.WaitForLine("it connected again", $"({first.Name},");
        newer.NextOrder().Count.ShouldBeGreaterThan(0);
    }

    [Fact]
    public void WhileTwoHundredStrangersStandThereAndSayNothing_WorkersJoinAndTheRunGoesOn()
    {
        var strangers = new List<RawWorker>();
        try
        {
            for (var i = 0; i < Strangers; i++)
            {
                strangers.Add(new RawWorker(run.Address));
            }

            using var worker = run.JoinHonest();
            run.ShouldGoOn();
            worker.SendTerminate();
            worker.Finish().ExitCode.ShouldBe(143);
            run.WaitForLine("left ", $"/{worker.Id})");
        }
        finally
        {
            strangers.ForEach(s => s.Dispose());
        }
    }

    private void ShouldBeRefused(ExitCode code, Action<Hello> spoil, params string[] parts)
    {
        using var worker = new RawWorker(run.Address);
        worker.Greet(run.Token, spoil);
        worker.ShouldBeRefused(code, parts);
        run.WaitForLine("refused ", parts[0]);
    }

    private static byte[] Announcing(uint payload)
    {
        var frame = Header(FrameKind.Hello);
        System.Buffers.Binary.BinaryPrimitives.WriteUInt32LittleEndian(frame.AsSpan(8), payload);
        return frame;
    }

    private static byte[] Header(FrameKind kind, ushort envelope = 0)
    {
        var frame = Frames.Of(kind);
        System.Buffers.Binary.BinaryPrimitives.WriteUInt16LittleEndian(frame.AsSpan(6), envelope);
        return frame;
    }

    private static byte[] Damaged()
    {
        var frame = Frames.Of(FrameKind.Hello, new byte[20]);
        frame[30] ^= 4;
        return frame;
    }
}
