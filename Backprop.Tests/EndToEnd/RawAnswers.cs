using Backprop.Shared.Primitives;
using Backprop.Shared.Protocol;

namespace Backprop.Tests.EndToEnd;

/// <summary>Answers that a test invents, and the one that it expects.</summary>
internal static class RawAnswers
{
    /// <summary>Sends a part of a gradient for a span, all elements of the same value but for the first.</summary>
    public static void SendGradient(
        this RawWorker worker, StepEnvelope span, int start, int elements, float first = 0.001f, int? payloadElements = null)
    {
        var values = new float[payloadElements ?? elements];
        Array.Fill(values, 0.001f);
        values[0] = first;
        var part = span.Clone();
        (part.Start, part.Elements, part.Generation) = (start, elements, 0);
        worker.Link.Send<float>(FrameKind.Gradient, part, values);
    }

    /// <summary>Says that a span is answered.</summary>
    public static void SendDone(this RawWorker worker, StepEnvelope span, double loss = 1, bool finite = true)
    {
        var done = span.Clone();
        (done.Loss, done.Finite, done.Generation) = (loss, finite, 0);
        worker.Link.Send(FrameKind.SpanDone, done);
    }

    /// <summary>A whole answer, in one part.</summary>
    public static void SendWholeSpan(this RawWorker worker, StepEnvelope span, float first = 0.001f)
    {
        worker.SendGradient(span, 0, worker.Length, first);
        worker.SendDone(span);
    }

    /// <summary>It was told why it may not come in, with a code for its person, and the connection was closed.</summary>
    public static void ShouldBeRefused(this RawWorker worker, ExitCode code, params string[] parts)
    {
        if (worker.HasLink)
        {
            worker.ShouldBeClosed();
        }

        var refusal = worker.Refusal.ShouldNotBeNull();
        refusal.ExitCode.ShouldBe((int)code);
        foreach (var part in parts)
        {
            refusal.Reason.ShouldContain(part);
        }
    }
}
