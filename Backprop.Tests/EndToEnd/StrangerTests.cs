using Backprop.Shared.Primitives;
using Backprop.Shared.Protocol;
using Backprop.Tests.Shared.Protocol;
using Backprop.Worker.Protocol;
using Google.Protobuf;
using Grpc.Core;

namespace Backprop.Tests.EndToEnd;

/// <summary>
/// Whoever comes to a port of a running coordinator and may not come in: a closed connection for the stranger, a refusal in words for
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
        { "a long envelope", Header(FrameKind.Open, envelope: ushort.MaxValue), "announced an envelope of 65535 bytes; 4096 are allowed" },
        { "an unknown kind", Header((FrameKind)77), "the unknown kind 77" },
        { "a gradient as a greeting", Header(FrameKind.Gradient), "a frame Gradient is not what a connection that has shown no ticket" },
        { "a damaged greeting", Damaged(), "checksum of a frame Open is wrong" },
        { "a greeting of the first protocol", Header((FrameKind)2), "the unknown kind 2" },
        { "a greeting that is none", Frames.Of(FrameKind.Open, [0xFF, 0xFF, 0xFF]), "not a readable Open" },
    };

    [Theory]
    [MemberData(nameof(Nonsense))]
    public void NonsenseAtTheLinksDoor_IsClosedWithASentenceInTheLog(string what, byte[] bytes, string sentence)
    {
        using var stranger = RawWorker.AtLinks(run.LinkPort);

        stranger.SendRaw(bytes);

        stranger.ShouldBeClosed().Refusal.ShouldBeNull(what);
        run.WaitForLine("refused a stranger at 127.0.0.1", sentence);
    }

    [Fact]
    public void NonsenseAtTheServersDoor_IsClosed_AndHarmsNobody()
    {
        var strangers = new List<RawWorker>();
        try
        {
            foreach (var row in Nonsense)
            {
                strangers.Add(RawWorker.AtLinks(run.GrpcPort));
                strangers[^1].SendRaw([.. row.Data.Item2, .. new byte[64]]);
            }

            strangers.Add(RawWorker.AtLinks(run.GrpcPort));
            strangers[^1].SendRaw([.. "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8, .. Enumerable.Repeat((byte)0xFF, 64)]);

            // A beginning that could still become HTTP is waited for some seconds.
            strangers.ForEach(s => s.ShouldEnd());
            run.ShouldGoOn();
        }
        finally
        {
            strangers.ForEach(s => s.Dispose());
        }
    }

    [Fact]
    public void HalfAGreetingAndTheEnd_IsForgotten()
    {
        using var stranger = RawWorker.AtLinks(run.LinkPort);

        stranger.SendRaw(Frames.Of(FrameKind.Open, new byte[100]).AsSpan(0, 60));
        stranger.EndSending();

        stranger.ShouldBeClosed().Refusal.ShouldBeNull();
        run.ShouldGoOn();
    }

    [Fact]
    public void WhoSaysNothing_IsClosedInTime()
    {
        using var stranger = RawWorker.AtLinks(run.LinkPort);

        stranger.ShouldBeClosed();

        run.WaitForLine("refused a stranger at 127.0.0.1", "said nothing that a worker says");
    }

    [Fact]
    public void AnotherVersion_IsRefusedWithBoth()
    {
        ShouldBeRefused(ExitCode.Mismatch, r => r.Protocol = 9, "speaks protocol version 9, the coordinator", "version 2; install");
        ShouldBeRefused(ExitCode.Mismatch, r => r.Numerics += 4, "computes with numerics version", "so their bits differ");
    }

    [Fact]
    public void ATokenThatIsMissingOrWrong_IsRefused_WhateverIsAsked()
    {
        foreach (var (token, sentence) in new (JoinToken?, string)[]
        {
            (null, "asks for a token and the worker has none"),
            (new JoinToken("another secret, 0123456789"u8), "token is not the coordinator's"),
        })
        {
            using var worker = new RawWorker(run.Address);
            Should.Throw<RpcException>(() => worker.Ask(token)).StatusCode.ShouldBe(StatusCode.Unauthenticated);

            // One a second of each sentence has a line; the others have a sum, and another test may have had the line.
            run.WaitForLine("refused ", sentence);
            var caller = new RawCaller(HostPort.Parse(run.Address, "address"), token);
            Should.Throw<RpcException>(() => caller.Call((client, options) => client.Control(new Order { Stop = "" }, options)))
                .StatusCode.ShouldBe(StatusCode.Unauthenticated);
            Should.Throw<RpcException>(() => caller.Call((client, options) =>
                client.Watch(new WatchRequest(), options).ResponseStream.MoveNext(CancellationToken.None).GetAwaiter().GetResult()))
                .StatusCode.ShouldBe(StatusCode.Unauthenticated);
        }
    }

    [Fact]
    public void ATicket_OpensOneLink_AndOnlyInItsTerm()
    {
        using var first = run.Come("ticket").Ask(run.Token);
        using (var other = first.Twin().OpenLink(o => o.Term++))
        {
            other.ShouldBeClosed();
        }

        run.WaitForLine("refused a stranger", "its ticket is none, used, too old, or another's");
        first.OpenLink();
        using (var second = first.Twin().OpenLink())
        {
            second.ShouldBeClosed();
        }

        using (var invented = first.Twin().OpenLink(o => o.Ticket = ByteString.CopyFrom(new byte[32])))
        {
            invented.ShouldBeClosed();
        }

        first.Link.Send(FrameKind.Ready, new Ready { Speed = 1e6 });
        run.WaitForLine("joined ", $"({first.Name},");
        first.NextOrder().Count.ShouldBeGreaterThan(0);
    }

    [Fact]
    public void TwoWorkersOfOneId_TheSecondIsRefused_AndANewerConnectionReplacesTheOlder()
    {
        using var first = run.Join("twin", incarnation: 5);
        foreach (var incarnation in new long[] { 5, 4 })
        {
            using var second = new RawWorker(run.Address) { Incarnation = incarnation, Instance = first.Instance };
            second.Ask(run.Token).ShouldBeRefused(ExitCode.Usage, "A worker of this id is connected already");
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
                strangers.Add(RawWorker.AtLinks(run.LinkPort));
                strangers.Add(RawWorker.AtLinks(run.GrpcPort));
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

    private void ShouldBeRefused(ExitCode code, Action<JoinRequest> spoil, params string[] parts)
    {
        using var worker = new RawWorker(run.Address);
        worker.Ask(run.Token, spoil).ShouldBeRefused(code, parts);
        run.WaitForLine("refused ", parts[0]);
    }

    private static byte[] Announcing(uint payload)
    {
        var frame = Header(FrameKind.Open);
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
        var frame = Frames.Of(FrameKind.Open, new byte[20]);
        frame[30] ^= 4;
        return frame;
    }
}
