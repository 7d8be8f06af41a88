using Backprop.Shared.Formats;
using Backprop.Shared.Primitives;

namespace Backprop.Shared.Checkpoints;

/// <summary>
/// Fills a model's tensors from a file that must hold exactly those: names and shapes are compared before any value is read.
/// </summary>
internal static class TensorMatch
{
    /// <summary>Reads all wanted tensors.</summary>
    /// <param name="file">The file.</param>
    /// <param name="wanted">The tensors, filled in place.</param>
    /// <param name="ignored">The prefix of tensors that may be there and are left out.</param>
    /// <exception cref="UserException">The first difference (mismatch); nothing was changed then.</exception>
    public static void Read(SafetensorsFile file, IEnumerable<NamedTensor> wanted, string? ignored)
    {
        var entries = file.Header.Tensors.ToDictionary(t => t.Name, StringComparer.Ordinal);
        var pairs = new List<(SafetensorsEntry Entry, NamedTensor Tensor)>();
        foreach (var tensor in wanted)
        {
            if (!entries.Remove(tensor.Name, out var entry))
            {
                throw Other(file, $"{tensor.Name} {tensor.Shape} is not in it");
            }

            if (!entry.Has(tensor.Shape))
            {
                throw Other(file, $"{tensor.Name} is {entry.SizesText} in it and {tensor.Shape} here");
            }

            pairs.Add((entry, tensor));
        }

        if (entries.Values.FirstOrDefault(e => ignored is null || !e.Name.StartsWith(ignored, StringComparison.Ordinal)) is { } extra)
        {
            throw Other(file, $"it also holds {SafetensorsHeader.Quoted(extra.Name)} {extra.SizesText}");
        }

        foreach (var (entry, tensor) in pairs)
        {
            file.Read(entry, tensor.Values.Span);
        }
    }

    private static UserException Other(SafetensorsFile file, string difference) =>
        new(ExitCode.Mismatch, $"{file.Path} is of another model: {difference}; use the run file that it was made with.");
}
