using Backprop.Shared.Formats;

namespace Backprop.Shared.Checkpoints;

/// <summary>
/// Weights alone, as <c>backprop init</c> writes and <c>--init</c> reads them: a safetensors file of any origin that has the model's
/// tensors.
/// </summary>
internal static class WeightsFile
{
    /// <summary>Writes the model's tensors; a file of that name is replaced when the new one is durable.</summary>
    public static void Write(string path, CheckpointTensors tensors)
    {
        NamedTensor[] model = [.. tensors.Model];
        DurableFile.Replace(path, stream =>
        {
            stream.Write(SafetensorsWriter.Head([], model));
            SafetensorsWriter.WriteData(stream, model, hash: null);
        });
    }

    /// <summary>Reads the model's tensors; those of an optimizer may be there too, as in a checkpoint, and are left out.</summary>
    /// <exception cref="Primitives.UserException">No such file (usage), damaged (storage), of another model (mismatch).</exception>
    public static void Read(string path, CheckpointTensors tensors)
    {
        using var file = SafetensorsFile.Open(path);
        TensorMatch.Read(file, tensors.Model, CheckpointTensors.StatePrefix);
    }
}
