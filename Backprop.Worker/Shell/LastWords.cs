using Backprop.Shared.Primitives;
using Backprop.Shared.Protocol;

namespace Backprop.Worker.Shell;

/// <summary>What is said on a link where the worker was not ready yet, before the link is closed.</summary>
internal static class LastWords
{
    /// <summary>Says that nothing will be computed for this coordinator, and why; it answers by closing.</summary>
    public static void Fail(FrameLink link, string message)
    {
        link.Send(FrameKind.Failure, new Failure { Message = message });
        link.Finish();
        Await(link);
    }

    /// <summary>Waits until the coordinator closes, or says why it will.</summary>
    /// <returns>That the run ended, or that this worker was sent away; null: it was only closed.</returns>
    public static Exception? Await(FrameLink link)
    {
        try
        {
            while (true)
            {
                if (link.Receive() == ScanEvent.Envelope)
                {
                    link.Scanner.Skip();
                }
                else if (link.Scanner.Kind == FrameKind.Finished)
                {
                    return new RunEndedException(Envelopes.Read(Finished.Parser, link.Scanner.Envelope).Status);
                }
                else if (link.Scanner.Kind is FrameKind.Refusal or FrameKind.Dismissed)
                {
                    return Refusals.ToException(Envelopes.Read(Refusal.Parser, link.Scanner.Envelope));
                }
            }
        }
        catch (Exception exception) when (exception is LinkClosedException or ProtocolException)
        {
            return null;
        }
    }
}
