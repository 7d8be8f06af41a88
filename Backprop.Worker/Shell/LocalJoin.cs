using Backprop.Shared.Primitives;
using Backprop.Shared.Protocol;
using Google.Protobuf;

namespace Backprop.Worker.Shell;

/// <summary>
/// To the process of this machine that started this worker: the socket shows who is at its other end, so the link is there first, and all
/// is said on it. Nothing of gRPC is loaded.
/// </summary>
/// <param name="timeout">How long a coordinator may take to answer.</param>
internal sealed class LocalJoin(LinkAddress address, TimeSpan timeout, TimeProvider time) : IJoin
{
    public JoinedLink Enter(Func<JoinRequest> request, CancellationToken stopping)
    {
        var link = new FrameLink(Dialer.Connect(address, time), new FrameScanner(FrameLimits.Awaiting), time);
        using var deadline = new Deadline(timeout, time, link.Close);
        using var stop = stopping.Register(link.Close);
        var isIn = false;
        try
        {
            var asked = request();
            link.Send(FrameKind.Join, asked);
            var reply = Receive(link);
            var liveness = JoinReplyCheck.Check(reply, asked);
            link.Scanner.Limits = FrameLimits.Coordinator;
            isIn = true;
            return new JoinedLink(link, reply, liveness, address, Fetch: null);
        }
        catch (LinkClosedException) when (deadline.HasPassed)
        {
            throw new LinkClosedException($"{address} accepted the connection, but did not answer in time");
        }
        finally
        {
            if (!isIn)
            {
                link.Dispose();
            }
        }
    }

    public void Dispose()
    {
        // Only the link was opened.
    }

    private static JoinReply Receive(FrameLink link)
    {
        var scanner = link.Scanner;
        var payload = Array.Empty<byte>();
        if (link.Receive() == ScanEvent.Envelope)
        {
            // Pinned, because it is written from outside; its length is within the limits.
            payload = GC.AllocateUninitializedArray<byte>(scanner.PayloadLength, pinned: true);
            scanner.IntoPinned(payload);
            link.Receive();
        }

        if (scanner.Kind == FrameKind.Refusal)
        {
            throw Refusals.ToException(Envelopes.Read(Refusal.Parser, scanner.Envelope));
        }

        var reply = Envelopes.Read(JoinReply.Parser, scanner.Envelope);
        reply.RunFile = UnsafeByteOperations.UnsafeWrap(payload);
        return reply;
    }
}
