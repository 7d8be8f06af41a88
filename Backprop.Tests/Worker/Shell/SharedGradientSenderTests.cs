using Backprop.Shared.Gradients;
using Backprop.Shared.Protocol;
using Backprop.Tests.Shared.Protocol;
using Backprop.Worker.Shell;

namespace Backprop.Tests.Worker.Shell;

/// <summary>A gradient in shared memory is announced from its end on, and an answered one is left alone until its step is over.</summary>
public sealed class SharedGradientSenderTests : IDisposable
{
    private const int Length = 1 << 18;
    private readonly LinkPair _pair = new();
    private readonly SharedGradientSender _sender;

    public SharedGradientSenderTests() => _sender = new SharedGradientSender(_pair.Worker, Length, vectors: 3);

    public void Dispose() => _pair.Dispose();

    [Fact]
    public void WhatIsFinalIsAnnounced_TheLastElementsFirst()
    {
        Begin(step: 1, attempt: 5);
        _sender.Ready(Length - 10, 5);
        _sender.Ready(Length / 2, 5);
        _sender.Ready((Length / 2) - 10, 5);
        _sender.Complete(-0.0, finite: true, 5);

        Next(FrameKind.Gradient).ShouldBe((Length / 2, Length / 2));
        Next(FrameKind.Gradient).ShouldBe((0, Length / 2));
        Next(FrameKind.SpanDone).ShouldBe((0, 0));
        double.IsNegative(_last.Loss).ShouldBeTrue();
        _last.Finite.ShouldBeTrue();
    }

    [Fact]
    public void UnderANewNumber_EverythingIsAnnouncedAgain()
    {
        Begin(step: 1, attempt: 5);
        _sender.Ready(0, 5);
        _sender.Complete(1, finite: true, 6);

        Next(FrameKind.Gradient).ShouldBe((0, Length));
        _last.Attempt.ShouldBe(5);
        Next(FrameKind.Gradient).ShouldBe((0, Length));
        _last.Attempt.ShouldBe(6);
        Next(FrameKind.SpanDone);
        _last.Attempt.ShouldBe(6);
    }

    [Fact]
    public void AnAnsweredVector_IsNotUsedAgainBeforeItsStepIsOver()
    {
        Begin(step: 4, attempt: 1).ShouldBe(0);
        _sender.Complete(1, finite: true, 1);
        Begin(step: 4, attempt: 2).ShouldBe(1);
        _sender.Abandon();
        Begin(step: 4, attempt: 3).ShouldBe(1);
        _sender.Complete(1, finite: true, 3);

        Begin(step: 4, attempt: 4).ShouldBe(2);
        Begin(step: 5, attempt: 5).ShouldBe(0);
    }

    [Fact]
    public void MoreAnswersInAStepThanThereAreVectors_EndTheConnection()
    {
        for (var attempt = 1; attempt <= 3; attempt++)
        {
            Begin(step: 1, attempt);
            _sender.Complete(1, finite: true, attempt);
        }

        Should.Throw<LinkClosedException>(() => _sender.AwaitVector(1)).Message.ShouldContain("more than 3 gradients in one step");
    }

    private StepEnvelope _last = new();

    private int Begin(int step, int attempt)
    {
        var vector = _sender.AwaitVector(step);
        _sender.Begin(new Assignment(false, step, 0, 4, attempt), default, isEmpty: false);
        return vector;
    }

    private (int Start, int Elements) Next(FrameKind kind)
    {
        _pair.Coordinator.Receive().ShouldBe(ScanEvent.Frame);
        _pair.Coordinator.Scanner.Kind.ShouldBe(kind);
        _pair.Coordinator.Scanner.PayloadLength.ShouldBe(0);
        _last = new StepEnvelopeReader().Read(_pair.Coordinator.Scanner.Envelope);
        return (_last.Start, _last.Elements);
    }
}
