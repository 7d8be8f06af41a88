using System.Security.Cryptography;
using Backprop.Shared.Formats;
using Backprop.Shared.Primitives;

namespace Backprop.Shared.Checkpoints;

/// <summary>How the writing of a checkpoint ended.</summary>
/// <param name="Step">The checkpoint's step.</param>
/// <param name="Path">Where it is, or would be.</param>
/// <param name="Failure">Null where it is durable.</param>
/// <param name="StopsRun">True where the logs could not be synced, or where another goes on with the run: then the run must end here.
/// Otherwise the next checkpoint is another try.</param>
internal readonly record struct CheckpointOutcome(long Step, string Path, UserException? Failure, bool StopsRun);

/// <summary>
/// Writes checkpoints beside the training. <see cref="Begin"/> copies the tensors into memory that is kept for the next time; the rest
/// happens in the background, in this order: the logs synced, the file written aside, synced, renamed, the folder synced, older ones
/// deleted. A failure leaves all earlier checkpoints and no half file.
/// </summary>
/// <param name="store">The folder.</param>
/// <param name="keep">How many of the newest stay, at least 1; the best by the first metric stays besides.</param>
/// <param name="bestStep">The step of the best checkpoint so far; see <see cref="CheckpointStore.FindBest"/>.</param>
/// <param name="syncLogs">Makes durable what the logs hold of the steps up to the checkpoint's; called in the background.</param>
/// <param name="ended">Told how each one ended; called in the background.</param>
/// <param name="agree">
/// Called in the background with the step of one that is on this disk: returns when it counts, or throws. Before that no older one goes.
/// </param>
internal sealed class CheckpointWriter(
    CheckpointStore store, int keep, long? bestStep, Action syncLogs, Action<CheckpointOutcome> ended, Action<long>? agree = null)
    : IDisposable
{
    private readonly int _keep = Math.Max(keep, 1);
    private CheckpointTensors? _snapshot;
    private Task _writing = Task.CompletedTask;
    private long? _bestStep = bestStep;

    /// <summary>True while one is being written: beginning another would wait.</summary>
    public bool IsWriting => !_writing.IsCompleted;

    /// <summary>The step of the best durable checkpoint by the first metric. Up to date when nothing is being written.</summary>
    public long? BestStep => _bestStep;

    /// <summary>Copies the tensors and begins to write them. Waits for the checkpoint before, if it is still being written.</summary>
    public void Begin(Checkpoint checkpoint, CheckpointTensors tensors)
    {
        Wait();
        _snapshot ??= tensors.AllocateLike();
        tensors.CopyTo(_snapshot);
        var snapshot = _snapshot;
        var marked = checkpoint with { IsBest = checkpoint.IsBest || checkpoint.Step == _bestStep };
        _writing = Task.Run(() => ended(Write(marked, snapshot)));
    }

    /// <summary>Waits until nothing is being written.</summary>
    public void Wait() => _writing.GetAwaiter().GetResult();

    /// <summary>Waits for what is being written; how it ended was told.</summary>
    public void Dispose() => Task.WhenAny(_writing).GetAwaiter().GetResult();

    /// <summary>Writes a checkpoint to any stream that can seek. The checksum is put in last.</summary>
    public static void WriteTo(Stream stream, Checkpoint checkpoint, CheckpointTensors tensors)
    {
        NamedTensor[] all = [.. tensors.All];
        var head = SafetensorsWriter.Head(CheckpointFormat.ToMetadata(checkpoint), all);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(head);
        stream.Write(head);
        SafetensorsWriter.WriteData(stream, all, hash);
        stream.Position = CheckpointFormat.DigitsOffset;
        stream.Write(CheckpointFormat.Digits(hash));
    }

    private CheckpointOutcome Write(Checkpoint checkpoint, CheckpointTensors snapshot)
    {
        var path = store.PathOf(checkpoint.Step);
        try
        {
            syncLogs();
        }
        catch (UserException problem)
        {
            return new(checkpoint.Step, path, problem, StopsRun: true);
        }

        try
        {
            DurableFile.Replace(path, stream => WriteTo(stream, checkpoint, snapshot));
            agree?.Invoke(checkpoint.Step);
        }
        catch (UserException problem)
        {
            return new(checkpoint.Step, path, problem, StopsRun: problem.ExitCode == ExitCode.Fenced);
        }

        _bestStep = checkpoint.IsBest ? checkpoint.Step : _bestStep;
        store.Prune(checkpoint.Step, _keep, _bestStep);
        return new(checkpoint.Step, path, Failure: null, StopsRun: false);
    }
}
