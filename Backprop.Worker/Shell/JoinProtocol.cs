using System.Security.Cryptography;
using Backprop.Shared.Primitives;
using Backprop.Shared.Protocol;

namespace Backprop.Worker.Shell;

/// <summary>
/// What is said on a connection before the work: who is there, which run it is, and the data files that are missing here.
/// </summary>
internal sealed class JoinProtocol(FrameLink link, JoinToken? token)
{
    /// <summary>The other side of the handshake: welcome, or refused.</summary>
    /// <exception cref="UserException">The coordinator refused this worker, or the other way round.</exception>
    public Welcome Greet(in WorkerIdentity worker)
    {
        Expect(FrameKind.Challenge);
        var challenge = Read(Challenge.Parser);
        Refuse(ChallengeCheck.Check(challenge, token));
        var hello = Handshake.Hello(challenge, RandomNumberGenerator.GetBytes(Handshake.NonceBytes), token, worker);
        link.Send(FrameKind.Hello, hello);
        Expect(FrameKind.Welcome);
        var welcome = Read(Welcome.Parser);
        Refuse(ChallengeCheck.Check(challenge, hello, welcome, token));
        link.Scanner.Limits = FrameLimits.Coordinator;
        return welcome;
    }

    /// <summary>Receives the run.</summary>
    public RunOffer ReceiveRun()
    {
        var yaml = Expect(FrameKind.Run);
        return RunOffer.From(Read(Run.Parser), yaml);
    }

    /// <summary>Has the coordinator send a data file.</summary>
    /// <exception cref="RunEndedException">The run ended meanwhile.</exception>
    public void Fetch(OfferedFile file, Stream into)
    {
        for (long offset = 0; offset < file.Size;)
        {
            link.Send(FrameKind.FileRequest, new FileRequest { Index = file.Index, Offset = offset });
            var bytes = Expect(FrameKind.FileChunk);
            var chunk = Read(FileChunk.Parser);
            if (chunk.Index != file.Index || chunk.Offset != offset || bytes.Length > file.Size - offset)
            {
                throw new ProtocolException($"The coordinator sent another piece of {file.SafeName} than was asked for.");
            }

            if (bytes.Length == 0)
            {
                throw new UserException(
                    ExitCode.Mismatch, $"The coordinator cannot read its {WireText.Sentence(file.Path)} any more; start it again.");
            }

            into.Write(bytes);
            offset += bytes.Length;
        }
    }

    /// <summary>Says that nothing will be computed for this coordinator, and why; it answers by closing.</summary>
    public void Fail(string message)
    {
        link.Send(FrameKind.Failure, new Failure { Message = message });
        link.Finish();
        try
        {
            while (true)
            {
                if (link.Receive() == ScanEvent.Envelope)
                {
                    link.Scanner.Skip();
                }
            }
        }
        catch (Exception exception) when (exception is LinkClosedException or ProtocolException)
        {
            // That is what was waited for.
        }
    }

    private static void Refuse(Refusal? refusal)
    {
        if (refusal is not null)
        {
            throw Refusals.ToException(refusal);
        }
    }

    private T Read<T>(Google.Protobuf.MessageParser<T> parser)
        where T : Google.Protobuf.IMessage<T> => Envelopes.Read(parser, link.Scanner.Envelope);

    /// <summary>The next frame but for heartbeats, which must be of one kind.</summary>
    /// <returns>Its payload.</returns>
    private byte[] Expect(FrameKind kind)
    {
        var scanner = link.Scanner;
        while (true)
        {
            var payload = Array.Empty<byte>();
            if (link.Receive() == ScanEvent.Envelope)
            {
                // Pinned, because it is written from outside; its length is within the limits.
                payload = GC.AllocateUninitializedArray<byte>(scanner.PayloadLength, pinned: true);
                scanner.IntoPinned(payload);
                link.Receive();
            }

            if (scanner.Kind == kind)
            {
                return payload;
            }

            if (scanner.Kind is FrameKind.Refusal or FrameKind.Dismissed)
            {
                Refuse(Read(Refusal.Parser));
            }

            if (scanner.Kind == FrameKind.Finished)
            {
                throw new RunEndedException(Read(Finished.Parser).Status);
            }

            if (scanner.Kind != FrameKind.Heartbeat)
            {
                throw new ProtocolException($"The coordinator sent a frame {scanner.Kind} where {kind} was awaited.");
            }
        }
    }
}
