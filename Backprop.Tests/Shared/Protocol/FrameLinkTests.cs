using System.Net.Sockets;
using Backprop.Shared.Protocol;
using Backprop.Shared.Tensors;

namespace Backprop.Tests.Shared.Protocol;

public sealed class FrameLinkTests : IDisposable
{
    private readonly LinkPair _pair = new();

    public void Dispose() => _pair.Dispose();

    [Theory]
    [InlineData(1)]
    [InlineData(4096)]
    [InlineData(4097)]
    [InlineData(70_000)]
    [InlineData(FrameFormat.ChunkBytes / sizeof(float))]
    public void FloatsArriveAsTheyWere(int elements)
    {
        using var sent = Numbers(elements);
        using var received = new FloatBuffer(elements);
        var work = new StepEnvelope { Step = 3, Start = 4096, Elements = elements };
        var sender = new Aside(() => _pair.Coordinator.Send(FrameKind.Weights, work, sent.Vector));

        _pair.Worker.Receive().ShouldBe(ScanEvent.Envelope);
        var scanner = _pair.Worker.Scanner;
        scanner.Kind.ShouldBe(FrameKind.Weights);
        scanner.PayloadLength.ShouldBe(elements * sizeof(float));
        new StepEnvelopeReader().Read(scanner.Envelope).ShouldBe(work);
        scanner.Into(received.Vector);
        _pair.Worker.Receive().ShouldBe(ScanEvent.Frame);

        scanner.IsVoid.ShouldBeFalse();
        received.Values.SequenceEqual(sent.Values).ShouldBeTrue();
        sender.Join();
        _pair.Worker.BytesReceived.ShouldBe(_pair.Coordinator.BytesSent);
    }

    [Fact]
    public void WhereNobodyReads_TheLastWordIsGivenUpInTime()
    {
        using var much = new FloatBuffer(FrameFormat.RunFileBytes / sizeof(float));
        var sender = new Aside(() => Should.Throw<LinkClosedException>(
            () => _pair.Coordinator.Send(FrameKind.Joined, new JoinReply(), much.Vector)));
        while (_pair.Coordinator.BytesSent == 0)
        {
            Thread.Yield();
        }

        _pair.Coordinator.TrySend(FrameKind.Finished, new Finished(), TimeSpan.FromMilliseconds(20)).ShouldBeFalse();
        _pair.Coordinator.Close();
        sender.Join();
    }

    [Fact]
    public void TheLastWordIsReadAfterAllThatWasSaidBefore()
    {
        _pair.Coordinator.Send(FrameKind.Heartbeat, new Heartbeat(), more: true);
        _pair.Coordinator.TrySend(FrameKind.Finished, new Finished { Status = "done" }, TimeSpan.Zero).ShouldBeTrue();
        _pair.Coordinator.Finish();

        _pair.Worker.Receive().ShouldBe(ScanEvent.Frame);
        _pair.Worker.Scanner.Kind.ShouldBe(FrameKind.Heartbeat);
        _pair.Worker.Receive().ShouldBe(ScanEvent.Frame);
        _pair.Worker.Scanner.Kind.ShouldBe(FrameKind.Finished);
        Should.Throw<LinkClosedException>(() => _pair.Worker.Receive());
    }

    [Fact]
    public void AfterTheLastWordNothingMoreIsSaid_ButTheOtherSideIsHeard()
    {
        _pair.Coordinator.TrySend(FrameKind.Finished, new Finished(), TimeSpan.Zero).ShouldBeTrue();
        _pair.Coordinator.Finish();

        Should.Throw<LinkClosedException>(() => _pair.Coordinator.Send(FrameKind.Heartbeat, new Heartbeat()));
        _pair.Worker.Send(FrameKind.Heartbeat, new Heartbeat());

        _pair.Coordinator.Receive().ShouldBe(ScanEvent.Frame);
        _pair.Worker.Receive().ShouldBe(ScanEvent.Frame);
        _pair.Worker.Scanner.Kind.ShouldBe(FrameKind.Finished);
    }

    [Fact]
    public void FramesThatWereSentTogetherComeOneByOne()
    {
        for (var i = 0; i < 20; i++)
        {
            _pair.Worker.Send(FrameKind.SpanDone, new StepEnvelope { Step = i });
        }

        var reader = new StepEnvelopeReader();
        for (var i = 0; i < 20; i++)
        {
            _pair.Coordinator.HasIncoming.ShouldBeTrue();
            _pair.Coordinator.Receive().ShouldBe(ScanEvent.Frame);
            reader.Read(_pair.Coordinator.Scanner.Envelope).Step.ShouldBe(i);
        }

        _pair.Coordinator.HasIncoming.ShouldBeFalse();
    }

    [Theory]
    [InlineData(100)]
    [InlineData(200_000)]
    public void AFrameWhoseMemoryChangesIsVoidAndTheNextOneIsNot(int elements)
    {
        using var memory = Numbers(elements);
        using var received = new FloatBuffer(elements);
        var live = new LiveMemory();
        var changing = new ChangingEnvelope(live);
        var sender = new Aside(() =>
        {
            _pair.Worker.Send(FrameKind.Gradient, changing, memory.Vector, live).ShouldBeFalse();
            _pair.Worker.Send(FrameKind.SpanDone, new StepEnvelope { Step = 2 });
        });

        _pair.Coordinator.Receive().ShouldBe(ScanEvent.Envelope);
        _pair.Coordinator.Scanner.Into(received.Vector);
        _pair.Coordinator.Receive().ShouldBe(ScanEvent.Frame);
        _pair.Coordinator.Scanner.IsVoid.ShouldBeTrue();
        _pair.Coordinator.Receive().ShouldBe(ScanEvent.Frame);
        _pair.Coordinator.Scanner.IsVoid.ShouldBeFalse();
        _pair.Coordinator.Scanner.Kind.ShouldBe(FrameKind.SpanDone);
        sender.Join();
    }

    [Fact]
    public void MemoryThatHadChangedBeforeIsNotSentAtAll()
    {
        using var memory = Numbers(10);
        var live = new LiveMemory();
        var version = live.Version;
        live.Change();

        _pair.Worker.Send(FrameKind.Gradient, new StepEnvelope(), memory.Vector, live, version).ShouldBeFalse();

        _pair.Worker.BytesSent.ShouldBe(0);
    }

    [Fact]
    public void AByteThatWasDamagedOnTheWayIsRefused()
    {
        var frame = Frames.Of(FrameKind.Gradient, "ab"u8, new byte[20_000]);
        frame[10_000] ^= 1;
        _pair.WorkerSocket.Send(frame);

        _pair.Coordinator.Receive().ShouldBe(ScanEvent.Envelope);
        _pair.Coordinator.Scanner.Skip();
        Should.Throw<ProtocolException>(() => _pair.Coordinator.Receive()).Message.ShouldContain("payload was damaged");
    }

    [Fact]
    public void APeerThatClosesIsSaid()
    {
        _pair.Worker.Close();

        Should.Throw<LinkClosedException>(() => _pair.Coordinator.Receive()).Message.ShouldBe("The other side closed the connection.");
    }

    [Fact]
    public void APeerThatClosesInsideAFrameIsSaid()
    {
        _pair.WorkerSocket.Send("BPR1"u8);
        _pair.Worker.Close();

        Should.Throw<LinkClosedException>(() => _pair.Coordinator.Receive()).Message.ShouldContain("in the middle of a frame");
    }

    [Fact]
    public void CloseWakesWhoReceives()
    {
        var receiver = new Aside(() => _pair.Coordinator.Receive());
        _pair.Coordinator.Close();

        Should.Throw<LinkClosedException>(() => receiver.Join()).Message.ShouldContain("on this side");
    }

    [Fact]
    public void CloseWakesWhoSendsToAPeerThatDoesNotRead()
    {
        using var memory = new FloatBuffer(1 << 18);
        var sender = new Aside(() =>
        {
            while (true)
            {
                _pair.Coordinator.Send(FrameKind.Weights, new StepEnvelope(), memory.Vector);
            }
        });
        var stalled = new Aside(() =>
        {
            // A sender that makes no progress any more: what it sent does not grow between two looks.
            var last = -1L;
            while (last != _pair.Coordinator.BytesSent || _pair.CoordinatorSocket.Poll(0, SelectMode.SelectWrite))
            {
                last = _pair.Coordinator.BytesSent;
                _pair.CoordinatorSocket.Poll(20_000, SelectMode.SelectRead);
            }

            _pair.Coordinator.CanSendAtOnce(100).ShouldBeFalse();
            _pair.Coordinator.Close();
        });

        Should.Throw<LinkClosedException>(() => sender.Join());
        stalled.Join();
    }

    [Fact]
    public void WhatWasSentBeforeFinishArrivesThoughTheOtherSideHasUnreadBytes()
    {
        _pair.Worker.Send(FrameKind.SpanDone, new StepEnvelope());
        _pair.Coordinator.Send(FrameKind.Refusal, new Refusal { ExitCode = 7, Reason = "No." });
        _pair.Coordinator.Finish();

        _pair.Worker.Receive().ShouldBe(ScanEvent.Frame);
        Envelopes.Read(Refusal.Parser, _pair.Worker.Scanner.Envelope).Reason.ShouldBe("No.");
        Should.Throw<LinkClosedException>(() => _pair.Worker.Receive());
    }

    [Fact]
    public void AnIdleLinkCanSendAtOnceButNotAMegabyte()
    {
        _pair.Worker.CanSendAtOnce(60).ShouldBeTrue();
        _pair.Worker.CanSendAtOnce(1 << 20).ShouldBeFalse();
    }

    [Fact]
    public void SendAndReceiveOfHotFramesAllocateNothing()
    {
        const int Elements = 17_000;
        using var memory = Numbers(Elements);
        using var received = new FloatBuffer(Elements);
        var reader = new StepEnvelopeReader();
        var work = new StepEnvelope { First = 4, Count = 4, Attempt = 7, Generation = 2, Elements = Elements, Loss = 0.5 };
        var live = new LiveMemory();
        Turn(100);
        var before = GC.GetAllocatedBytesForCurrentThread();
        Turn(1000);

        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBe(0);

        void Turn(int times)
        {
            for (var i = 0; i < times; i++)
            {
                work.Step = i;
                _pair.Worker.CanSendAtOnce(Elements * sizeof(float));
                _pair.Worker.Send(FrameKind.Gradient, work, memory.Vector, live);
                _pair.Worker.Send(FrameKind.SpanDone, work);
                _ = _pair.Coordinator.HasIncoming;
                _pair.Coordinator.Receive();
                reader.Read(_pair.Coordinator.Scanner.Envelope);
                _pair.Coordinator.Scanner.Into(received.Vector);
                _pair.Coordinator.Receive();
                _pair.Coordinator.Receive();
                reader.Read(_pair.Coordinator.Scanner.Envelope);
            }
        }
    }

    private static FloatBuffer Numbers(int count)
    {
        var buffer = new FloatBuffer(count);
        for (var i = 0; i < count; i++)
        {
            buffer.Values[i] = i * 0.25f;
        }

        return buffer;
    }
}
