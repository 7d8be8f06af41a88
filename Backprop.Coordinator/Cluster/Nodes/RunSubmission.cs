using Backprop.Coordinator.Cluster.Sessions;
using Backprop.Shared.Primitives;
using Backprop.Shared.Protocol;
using Backprop.Shared.Runs;
using Backprop.Worker.Protocol;
using Google.Protobuf;
using Grpc.Core;

namespace Backprop.Coordinator.Cluster.Nodes;

/// <summary>Brings a run file and its data to the coordinator.</summary>
internal static class RunSubmission
{
    private const int PieceBytes = 256 << 10;

    /// <summary>Submits a run; returns when all of it is on the coordinator's disk and in the cluster's record.</summary>
    /// <exception cref="UserException">The data cannot be read, or the cluster refuses it.</exception>
    public static Task<SubmitReply> SubmitAsync(ClusterCaller caller, RunFile run)
    {
        var files = RunData.FilesOf(run);
        var submission = new Submission { Name = run.Name, RunFile = run.ToYaml() };
        submission.Files.AddRange(files.Select(file => new DataFile
        {
            Name = file.Name,
            Path = file.Path,
            Size = file.Size,
            Sha256 = ByteString.CopyFrom(file.Sha256),
        }));
        submission.Id = SubmissionCheck.IdOf(submission.RunFile, submission.Files);
        RequireOneMessage(submission);
        return caller.TalkAsync(async (client, options) =>
        {
            using var call = client.Submit(options);
            await SendAsync(call, new SubmitPart { Submission = submission });
            var missing = await NextAsync(call);
            foreach (var hash in missing.Missing)
            {
                await SendFileAsync(call, files.First(file => hash.Span.SequenceEqual(file.Sha256)), hash);
            }

            await call.RequestStream.CompleteAsync();
            return await NextAsync(call);
        });
    }

    /// <exception cref="UserException">The run file is longer than a cluster takes (exit code 2).</exception>
    private static void RequireOneMessage(Submission submission)
    {
        var bytes = new SubmitPart { Submission = submission }.CalculateSize();
        if (bytes > ClusterServer.MessageBytes)
        {
            throw new UserException(
                ExitCode.Usage,
                $"The run file, with its data inline, has {Bytes.Text(bytes)}; a cluster takes {Bytes.Text(ClusterServer.MessageBytes)}. "
                + "Put the data into a file (csv, idx), or train it with 'backprop coordinator'.");
        }
    }

    private static async Task SendFileAsync(AsyncDuplexStreamingCall<SubmitPart, SubmitReply> call, RunDataFile file, ByteString hash)
    {
        await using var stream = File.OpenRead(file.Path);
        var buffer = new byte[PieceBytes];
        for (long offset = 0; ;)
        {
            var count = await stream.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false);
            if (count == 0)
            {
                return;
            }

            await SendAsync(call, new SubmitPart
            {
                File = new FilePart { Sha256 = hash, Offset = offset, Bytes = ByteString.CopyFrom(buffer, 0, count) },
            });
            offset += count;
        }
    }

    /// <summary>Where the other side has ended the call, its answer says why.</summary>
    private static async Task SendAsync(AsyncDuplexStreamingCall<SubmitPart, SubmitReply> call, SubmitPart part)
    {
        try
        {
            await call.RequestStream.WriteAsync(part);
        }
        catch (Exception problem) when (problem is InvalidOperationException or RpcException)
        {
            await NextAsync(call);
            throw;
        }
    }

    private static async Task<SubmitReply> NextAsync(AsyncDuplexStreamingCall<SubmitPart, SubmitReply> call) =>
        await call.ResponseStream.MoveNext(CancellationToken.None)
            ? call.ResponseStream.Current
            : throw new UserException(ExitCode.Unreachable, "The cluster ended the conversation early; submit the run again.");
}
