using Backprop.Shared.Formats;
using Backprop.Shared.Primitives;

namespace Backprop.Shared.Checkpoints;

/// <summary>
/// An open checkpoint whose checksum was found to hold: whatever is read from it afterwards is what was written. The file stays open, so a
/// newer one of the same name does not disturb the reading.
/// </summary>
internal sealed class CheckpointReader : IDisposable
{
    private readonly SafetensorsFile _file;

    private CheckpointReader(SafetensorsFile file, Checkpoint checkpoint)
    {
        _file = file;
        Checkpoint = checkpoint;
    }

    /// <summary>Where it is.</summary>
    public string Path => _file.Path;

    /// <summary>What it says of itself.</summary>
    public Checkpoint Checkpoint { get; }

    /// <summary>Opens a checkpoint and checks every byte of it; no tensor is kept.</summary>
    /// <exception cref="UserException">No such file (usage), damaged (storage), of another version of the format (mismatch).</exception>
    public static CheckpointReader Open(string path)
    {
        var file = SafetensorsFile.Open(path);
        try
        {
            if (!CheckpointFormat.HasChecksum(file.Head))
            {
                throw SafetensorsFile.Damaged(path, "it has no checksum, as every checkpoint does");
            }

            if (!CheckpointFormat.IsIntact(file))
            {
                throw SafetensorsFile.Damaged(path, "its checksum does not hold");
            }

            return new CheckpointReader(file, CheckpointFormat.FromMetadata(path, file.Header.Metadata));
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Refuses a checkpoint of another run.</summary>
    public void RequireRun(string identity, int numericsVersion)
    {
        if (Checkpoint.NumericsVersion != numericsVersion)
        {
            throw new UserException(
                ExitCode.Mismatch,
                $"{Path} was written with numerics version {Checkpoint.NumericsVersion}, this program has {numericsVersion}; "
                + "resume it with the version that wrote it.");
        }

        if (Checkpoint.Identity != identity)
        {
            throw new UserException(
                ExitCode.Mismatch,
                $"{Path} belongs to another run: its identity is {Checkpoint.Identity}, this run's {identity}; "
                + "resume it with its own run file and data.");
        }
    }

    /// <summary>Reads everything, the optimizer's state too, for a run that goes on.</summary>
    /// <exception cref="UserException">A tensor is missing, too many, or of another shape (mismatch).</exception>
    public void ReadAll(CheckpointTensors tensors) => TensorMatch.Read(_file, tensors.All, ignored: null);

    /// <summary>Reads the model's own tensors, to evaluate or predict.</summary>
    /// <exception cref="UserException">A tensor is missing, too many, or of another shape (mismatch).</exception>
    public void ReadModel(CheckpointTensors tensors) => TensorMatch.Read(_file, tensors.Model, CheckpointTensors.StatePrefix);

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();
}
