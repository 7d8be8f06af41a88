using Backprop.Shared.Primitives;
using Backprop.Shared.Protocol;
using Backprop.Tests.Shared.Protocol;
using Google.Protobuf;
using Grpc.Core;

namespace Backprop.Tests.EndToEnd;

/// <summary>
/// A worker that was let in, knows the token, and then says what no worker says: its connection is closed with the reason in the log, and
/// the training goes on to the same weights (<see cref="AttackedRun"/> compares them at the end).
/// </summary>
[Collection(AttackedRun.Name)]
public sealed class HostileWorkerTests(AttackedRun run)
{
    private static readonly Dictionary<string, (Action<RawWorker, StepEnvelope> Lie, string Sentence)> LieTable = new()
    {
        ["a gradient that is too long"] =
            ((w, o) => w.SendGradient(o, 0, w.Length + 16), "but the model has"),
        ["a gradient behind the end"] =
            ((w, o) => w.SendGradient(o, int.MaxValue, 16), "but the model has"),
        ["a gradient before the beginning"] =
            ((w, o) => w.SendGradient(o, -16, 16), "but the model has"),
        ["fewer elements than were announced"] =
            ((w, o) => w.SendGradient(o, 0, w.Length, payloadElements: 16), "but the model has"),
        ["a gradient with nothing in it"] =
            ((w, o) => w.Link.Send(FrameKind.Gradient, o), "a Gradient frame with nothing in it"),
        ["shards that are no span"] =
            ((w, o) => w.SendGradient(new StepEnvelope { Step = o.Step, First = 3, Count = 2 }, 0, w.Length), "which are no span"),
        ["shards that do not exist"] =
            ((w, o) => w.SendGradient(new StepEnvelope { Step = o.Step, First = 1 << 20, Count = 1 << 20 }, 0, w.Length),
                "which are no span"),
        ["parts with a gap between them"] = (GiveParts, "were due"),
        ["an answer without its gradient"] =
            ((w, o) => w.SendDone(o), "without the whole of its gradient"),
        ["an answer with half of its gradient"] = (GiveHalf, "without the whole of its gradient"),
        ["an answer with another span's gradient"] = (GiveAnothers, "without the whole of its gradient"),
        ["an answer without its loss"] = (GiveWithoutLoss, "without their loss"),
        // The second is judged before the first has been, or after it: its gradient is not there, or nobody asked for it.
        ["answers that nobody asked for"] = (Repeat((w, o) => w.SendWholeSpan(o, float.NaN)), "an answer for shards"),
        ["results of blocks that nobody asked for"] = (Repeat((w, o) => SendBlocks(w, o, 1)), "which nobody had asked of it"),
        ["failures that cannot be"] =
            (Repeat((w, o) => w.Link.Send(FrameKind.Failure, FailureAt(o, "again\n\u001b[31m"))), "nobody had asked"),
        ["results of no blocks"] = ((w, o) => SendBlocks(w, o, 0), "bytes of results for"),
        ["results of blocks that do not exist"] = ((w, o) => SendBlocks(w, o, 1 << 30), "bytes of results for"),
        ["results with nothing in them"] = ((w, o) => w.Link.Send(FrameKind.BlocksDone, o), "a BlocksDone frame with nothing in it"),
        ["a gradient of no step"] = ((w, o) => w.SendGradient(new StepEnvelope { Step = -1, Count = 1 }, 0, w.Length), "the first is 1"),
        ["a failure in no step"] =
            ((w, o) => w.Link.Send(FrameKind.Failure, new Failure { Step = -1, Message = "a lie" }), "the first is 1"),
        ["a failure at shards that are no span"] =
            ((w, o) => w.Link.Send(FrameKind.Failure, new Failure { Step = 1, First = 3, Count = 2, Message = "a lie" }), "which are none"),
        ["Ready, again"] =
            ((w, o) => w.Link.Send(FrameKind.Ready, new Ready { Speed = 1 }), "a Ready frame, which a worker does not send now"),
        ["a coordinator's frame"] = ((w, o) => w.Link.Send(FrameKind.Weights, o), "A frame Weights is not what a worker may send"),
        ["another opening"] = ((w, o) => w.Link.Send(FrameKind.Open, new Open()), "A frame Open is not what a worker may send"),
        ["it asks to take part"] =
            ((w, o) => w.Link.Send(FrameKind.Join, new JoinRequest()), "A frame Join is not what a worker may send"),
        ["an HTTP request"] = ((w, o) => w.SendRaw("POST / HTTP/1.1\r\n\r\n"u8), "an HTTP request"),
        ["2^31-1 bytes"] = ((w, o) => w.SendHead(FrameKind.Gradient, o, int.MaxValue), "announced a payload of 2147483647 bytes"),
        ["an order as it is not written"] =
            ((w, o) => w.SendRaw(Frames.Of(FrameKind.SpanDone, [0x08, 0x00])), "is not a readable StepEnvelope"),
        ["a damaged gradient"] = (GiveDamaged, "payload was damaged on the way"),
        ["half a frame, and the end"] = (GiveCut, "in the middle of a frame"),
    };

    public static TheoryData<string> Lies => [.. LieTable.Keys];

    public static TheoryData<string> NotFinite => ["NaN", "infinity", "an infinite loss", "a loss that is no number", "its own word"];

    [Theory]
    [MemberData(nameof(Lies))]
    public void WhatTheProtocolDoesNotAllow_ClosesTheConnection(string what)
    {
        var (lie, sentence) = LieTable[what];
        using var worker = run.Join("liar");

        worker.UntilSentAway(order => lie(worker, order));

        run.WaitForLoss(worker).ShouldContain(sentence);
        run.ShouldGoOn();
    }

    [Theory]
    [MemberData(nameof(NotFinite))]
    public void AGradientThatIsNotFinite_IsComputedByAnother_AndItsWorkerIsNamedAndInTheEndDismissed(string what)
    {
        using var worker = run.Join("spoilt");

        worker.UntilSentAway(order =>
        {
            worker.SendGradient(order, 0, worker.Length, what switch { "NaN" => float.NaN, "infinity" => float.PositiveInfinity, _ => 1 });
            var loss = what switch { "an infinite loss" => double.PositiveInfinity, "a loss that is no number" => double.NaN, _ => 1 };
            worker.SendDone(order, loss, finite: what != "its own word");
        });

        worker.Refusal.ShouldNotBeNull();
        worker.Refusal.ExitCode.ShouldBe((int)ExitCode.Dismissed);
        worker.Refusal.Reason.ShouldContain("3 of its gradients were not finite where others' were");
        run.WaitForLine($"({worker.Name}) gave a gradient that is finite elsewhere: 1 time");
        run.WaitForLine($"({worker.Name}) gave a gradient that is finite elsewhere: 3 times");
        run.WaitForLine("dismissed w", $"({worker.Name})");
        run.ShouldGoOn();
        using var again = new RawWorker(run.Address) { Instance = worker.Instance, Incarnation = 2 };
        again.Ask(run.Token).ShouldBeRefused(ExitCode.Dismissed, "This worker was dismissed");
    }

    [Fact]
    public void AGradientOfAnotherStep_IsReadAndForgotten()
    {
        // Steps 1 and 2 are over once a state has been kept: an answer to an order of theirs would count.
        run.ShouldGoOn();
        using var worker = run.Join("late");
        var order = worker.NextOrder();
        foreach (var wrong in new[] { 1, 2, 100_000_000 })
        {
            order.Step = wrong;
            worker.SendWholeSpan(order);
        }

        worker.Link.Send(FrameKind.Leave, new Leave());
        worker.ShouldBeClosed();
        run.WaitForLine("left ", $"({worker.Name})");
    }

    [Fact]
    public async Task AWorkerThatIsThereAndNeverAnswers_IsNotWaitedFor_AndTheLogSaysWhatItDoes()
    {
        using var worker = run.Join("dreamer");
        for (var i = 0; i < 2; i++)
        {
            worker.NextOrder();
        }

        // Of all that is taken over the log names one a second; until that is read, it stays, and takes orders.
        var named = Task.Run(() => run.WaitForLine(" again, by w", $"({worker.Name}) is late: "), TestContext.Current.CancellationToken);
        while (!named.IsCompleted)
        {
            worker.NextOrder();
        }

        (await named).ShouldContain("heard ");
        run.ShouldGoOn();
        worker.EndSending();
        run.WaitForLoss(worker);
    }

    [Fact]
    public void ALayerThatThrowsOnOneWorkerOnly_IsThatWorkersFault()
    {
        using var worker = run.Join("clumsy");
        for (var i = 0; i < 6; i++)
        {
            var order = worker.NextOrder();
            worker.Link.Send(FrameKind.Failure, FailureAt(order, "layers.0 threw\n\u001b[31m"));
        }

        run.WaitForLine("failed ", $"({worker.Name})").ShouldEndWith("layers.0 threw??[31m");
        worker.EndSending();
        run.WaitForLoss(worker);
        run.ShouldGoOn();
    }

    [Theory]
    [InlineData("work before it is ready", "before it said that it is ready")]
    [InlineData("an answer", "before it said that it is ready")]
    public void WhatAWorkerMayNotSayBeforeItIsReady_ClosesTheConnection(string what, string sentence)
    {
        using var worker = run.Come("early").Enter(run.Token);
        var span = new StepEnvelope { First = 0, Count = 1 };
        switch (what)
        {
            case "work before it is ready":
                worker.SendGradient(span, 0, 16);
                break;
            default:
                worker.UntilClosed(w => w.SendDone(span));
                break;
        }

        worker.ShouldBeClosed();
        run.WaitForLine($"{worker.Name} was gone before it was ready").ShouldContain(sentence);
    }

    [Theory]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    [InlineData(-3)]
    [InlineData(1e308)]
    public void ASpeedThatNobodyHas_IsNotBelieved(double speed)
    {
        using var worker = run.Join("boaster", speed);

        worker.NextOrder();
        worker.EndSending();
        run.WaitForLoss(worker);
    }

    [Fact]
    public void WhoeverSharesMemoryThatItWasNotOffered_IsSentAway()
    {
        using var worker = new RawWorker(run.Address) { Name = "sharer" }.Join(run.Token, shares: true);

        worker.ShouldBeClosed();

        run.WaitForLine("sharer was gone before it was ready").ShouldContain("which it was not offered");
        run.ShouldGoOn();
    }

    [Fact]
    public void WhoeverNeverSpeaks_IsLostBySilence_HoweverMuchItAsksForOverGrpc()
    {
        using var mute = run.Join("mute");
        using var greedy = run.Come("greedy").Enter(run.Token);

        try
        {
            while (true)
            {
                greedy.Fetch(run.Token, greedy.Reply.Offer.Files[0].Sha256.ToByteArray(), 0).Length.ShouldBeGreaterThan(0);
            }
        }
        catch (RpcException over)
        {
            over.StatusCode.ShouldBe(StatusCode.FailedPrecondition);
        }

        var lines = "";
        while (!lines.Contains($"({mute.Name}): silent", StringComparison.Ordinal)
            || !lines.Contains($"{greedy.Name} was gone before it was ready: silent", StringComparison.Ordinal))
        {
            // Which of them is told of first is chance.
            lines += run.WaitForLine("silent for ");
        }

        run.ShouldGoOn();
    }

    private static Action<RawWorker, StepEnvelope> Repeat(Action<RawWorker, StepEnvelope> lie) =>
        (worker, order) => worker.UntilClosed(w => lie(w, order));

    private static Failure FailureAt(StepEnvelope order, string message) => new()
    {
        Step = order.Step,
        First = order.First,
        Count = order.Count,
        Attempt = order.Attempt,
        Message = message,
    };

    private static void GiveParts(RawWorker worker, StepEnvelope order)
    {
        var half = worker.Length / 2;
        worker.SendGradient(order, half, worker.Length - half);
        worker.SendGradient(order, 0, half - 16);
    }

    private static void GiveHalf(RawWorker worker, StepEnvelope order)
    {
        worker.SendGradient(order, 16, worker.Length - 16);
        worker.SendDone(order);
    }

    private static void GiveAnothers(RawWorker worker, StepEnvelope order)
    {
        worker.SendGradient(order, 0, worker.Length);
        var other = order.Clone();
        other.Attempt++;
        worker.SendDone(other);
    }

    private static void GiveWithoutLoss(RawWorker worker, StepEnvelope order)
    {
        worker.SendGradient(order, 0, worker.Length);
        var done = order.Clone();
        done.Generation = 0;
        worker.Link.Send(FrameKind.SpanDone, done);
    }

    private static void SendBlocks(RawWorker worker, StepEnvelope order, int blocks)
    {
        // The digits' test part has one block; its loss and its accuracy are two numbers.
        worker.Link.Send<double>(FrameKind.BlocksDone, new StepEnvelope { Step = order.Step, Count = blocks }, [0, 0]);
    }

    private static void GiveDamaged(RawWorker worker, StepEnvelope order)
    {
        var part = order.Clone();
        (part.Generation, part.Elements) = (0, worker.Length);
        var frame = Frames.Of(FrameKind.Gradient, part.ToByteArray(), new byte[worker.Length * sizeof(float)]);
        frame[^100] ^= 1;
        worker.SendRaw(frame);
    }

    private static void GiveCut(RawWorker worker, StepEnvelope order)
    {
        var part = order.Clone();
        (part.Generation, part.Elements) = (0, worker.Length);
        var frame = Frames.Of(FrameKind.Gradient, part.ToByteArray(), new byte[worker.Length * sizeof(float)]);
        worker.SendRaw(frame.AsSpan(0, frame.Length / 2));
        worker.EndSending();
    }
}
