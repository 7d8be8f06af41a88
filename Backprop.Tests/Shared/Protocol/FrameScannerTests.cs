using System.Text;
using Backprop.Shared.Protocol;

namespace Backprop.Tests.Shared.Protocol;

public sealed class FrameScannerTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(100_000)]
    public void FramesComeOutHoweverTheyWereCut(int piece)
    {
        var payload = new byte[20_000];
        payload.AsSpan().Fill(9);
        byte[] stream =
        [
            .. Frames.Of(FrameKind.Heartbeat),
            .. Frames.Of(FrameKind.Gradient, "abc"u8, payload),
            .. Frames.Of(FrameKind.Gradient, "de"u8, payload.AsSpan(0, 8), state: 1),
            .. Frames.Of(FrameKind.Failure, new byte[FrameFormat.EnvelopeBytes]),
            .. Frames.Of(FrameKind.SpanDone, "f"u8),
        ];
        var seen = new List<string>();
        var scanner = new FrameScanner(FrameLimits.Worker);
        var place = GC.AllocateArray<byte>(payload.Length, pinned: true);
        for (var at = 0; at < stream.Length;)
        {
            var wanted = scanner.Wanted;
            var count = Math.Min(Math.Min(piece, wanted.Length), stream.Length - at);
            stream.AsSpan(at, count).CopyTo(wanted);
            at += count;
            for (var found = scanner.Advance(count); found != ScanEvent.None; found = scanner.Continue())
            {
                if (found == ScanEvent.Envelope)
                {
                    scanner.IntoPinned(place.AsSpan(0, scanner.PayloadLength));
                }
                else
                {
                    var length = scanner.Envelope.Length;
                    var envelope = length < 4 ? Encoding.ASCII.GetString(scanner.Envelope) : $"{length}";
                    seen.Add($"{scanner.Kind} {envelope} {scanner.PayloadLength}{(scanner.IsVoid ? " void" : "")}");
                }
            }
        }

        seen.ShouldBe(["Heartbeat  0", "Gradient abc 20000", "Gradient de 8 void", "Failure 61440 0", "SpanDone f 0"]);
        place.ShouldBe(payload);
        scanner.IsBetweenFrames.ShouldBeTrue();
        scanner.HasBuffered.ShouldBeFalse();
    }

    [Theory]
    [InlineData("GET / HTTP/1.1\r\nHost: x\r\n\r\n", "HTTP request")]
    [InlineData("\u0016\u0003\u0001\u0002", "TLS handshake")]
    [InlineData("SSH-2.0-OpenSSH", "5353482D")]
    [InlineData("X", "58")]
    public void AStrangerIsKnownByItsFirstBytes(string says, string part) =>
        Refused(FrameLimits.Opening, Encoding.Latin1.GetBytes(says), part);

    [Theory]
    [InlineData(4, 0, "unknown kind 0")]
    [InlineData(4, 2, "unknown kind 2")]
    [InlineData(4, 5, "5 is not what a worker may send")]
    [InlineData(4, 21, "Open is not what a worker may send")]
    [InlineData(4, 25, "unknown kind 25")]
    [InlineData(4, 9, "Weights is not what a worker may send")]
    [InlineData(5, 1, "reserved byte")]
    [InlineData(7, 0xFF, "envelope of")]
    [InlineData(11, 0x7F, "payload of")]
    [InlineData(8, 9, "not a multiple of 4")]
    [InlineData(13, 1, "checksum of a frame Gradient is wrong: its header")]
    [InlineData(16, 1, "checksum of a frame Gradient is wrong: its header")]
    [InlineData(20, 1, "checksum of a frame Gradient is wrong: its payload")]
    [InlineData(26, 2, "unknown state 2")]
    [InlineData(26, 1, "checksum of a frame Gradient is wrong: its payload")]
    [InlineData(28, 1, "checksum of a frame Gradient is wrong: its payload")]
    public void ADamagedFrameIsRefusedInWords(int at, byte value, string part)
    {
        var frame = Frames.Of(FrameKind.Gradient, "ab"u8, "12345678"u8);
        frame.Length.ShouldBe(31);
        frame[at] = value;

        Refused(FrameLimits.Worker, frame, part);
    }

    [Fact]
    public void LengthsBeyondEveryMemoryAreRefusedFromTheHeaderAlone()
    {
        var header = Frames.Of(FrameKind.Gradient);
        foreach (var length in (uint[])[int.MaxValue, uint.MaxValue, FrameFormat.ChunkBytes + 4])
        {
            BitConverter.TryWriteBytes(header.AsSpan(8), length).ShouldBeTrue();
            Refused(FrameLimits.Worker, header, $"payload of {length} bytes");
        }
    }

    [Fact]
    public void AStrangerMayOpenALinkAndNothingElse()
    {
        Refused(FrameLimits.Opening, Frames.Of(FrameKind.Gradient, "ab"u8, "12345678"u8), "has shown no ticket");
        Refused(FrameLimits.Opening, Frames.Of(FrameKind.Open, new byte[5000]), "envelope of 5000 bytes; 4096 are allowed");
        Refused(FrameLimits.Opening, Frames.Of(FrameKind.Open, "ab"u8, "1"u8), "payload of 1 bytes; 0 are allowed");
    }

    [Fact]
    public void WhatWasReadAheadIsJudgedByTheLimitsThatAreSetMeanwhile()
    {
        var scanner = new FrameScanner(FrameLimits.Awaiting);
        byte[] stream = [.. Frames.Of(FrameKind.Refusal, "ab"u8), .. Frames.Of(FrameKind.Weights, "cd"u8, "12345678"u8)];
        stream.CopyTo(scanner.Wanted);
        scanner.Advance(stream.Length).ShouldBe(ScanEvent.Frame);
        scanner.HasBuffered.ShouldBeTrue();
        scanner.Limits = FrameLimits.Coordinator;

        scanner.Continue().ShouldBe(ScanEvent.Envelope);
        scanner.Skip();
        scanner.Continue().ShouldBe(ScanEvent.Frame);
        scanner.Kind.ShouldBe(FrameKind.Weights);
        scanner.HasBuffered.ShouldBeFalse();
    }

    [Fact]
    public void APayloadWithoutAPlaceIsTheCallersMistake()
    {
        var scanner = new FrameScanner(FrameLimits.Worker);
        var frame = Frames.Of(FrameKind.Gradient, "ab"u8, "12345678"u8);
        frame.CopyTo(scanner.Wanted);
        scanner.Advance(frame.Length).ShouldBe(ScanEvent.Envelope);

        Should.Throw<InvalidOperationException>(() => scanner.Continue());
        Should.Throw<InvalidOperationException>(() => scanner.Limits = FrameLimits.Worker);
    }

    [Fact]
    public void AStrangerCostsLittle()
    {
        var before = GC.GetAllocatedBytesForCurrentThread();
        var scanner = new FrameScanner(FrameLimits.Opening);

        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBeLessThan(6 << 10);
        scanner.Wanted.Length.ShouldBeGreaterThan(0);
    }

    private static void Refused(FrameLimits limits, ReadOnlySpan<byte> stream, string part)
    {
        var scanner = new FrameScanner(limits);
        string? message = null;
        try
        {
            while (!stream.IsEmpty)
            {
                var wanted = scanner.Wanted;
                var count = Math.Min(wanted.Length, stream.Length);
                stream[..count].CopyTo(wanted);
                stream = stream[count..];
                for (var found = scanner.Advance(count); found != ScanEvent.None; found = scanner.Continue())
                {
                    if (found == ScanEvent.Envelope)
                    {
                        scanner.Skip();
                    }
                }
            }
        }
        catch (ProtocolException exception)
        {
            message = exception.Message;
        }

        message.ShouldNotBeNull().ShouldContain(part);
    }
}
