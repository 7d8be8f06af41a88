using Backprop.Shared.Data.Files;
using Backprop.Shared.Primitives;

namespace Backprop.Shared.Data;

/// <summary>
/// A pair of IDX files as MNIST has them, gzip or not: the samples (images of <c>[28, 28]</c>, say) and a class for each.
/// </summary>
[Kind("idx")]
public sealed record IdxSource : SourceSpec
{
    /// <summary>The file of the samples, of rank 1 to 4, the samples first; relative paths start at the run file's folder.</summary>
    [FilePath]
    public required string Images { get; init; }

    /// <summary>The file of the labels, of rank 1; relative paths start at the run file's folder.</summary>
    [FilePath]
    public required string Labels { get; init; }

    /// <inheritdoc/>
    public override DataSet Load(in SourceContext context)
    {
        var (images, path) = ReadImages(context.Resolve(Images));
        return WithLabels(images, path, context.Resolve(Labels), context.Classes, context.ClassNames);
    }

    /// <summary>The samples of a file, and its full path.</summary>
    internal static (IdxFile Images, string Path) ReadImages(string path)
    {
        using var file = DataFile.Open(path);
        return (IdxFile.Read(file), file.Path);
    }

    /// <summary>Samples with the labels of another file.</summary>
    internal static DataSet WithLabels(IdxFile images, string imagesPath, string labelsPath, int? stated, IReadOnlyList<string> known)
    {
        using var file = DataFile.Open(labelsPath);
        var read = IdxFile.Read(file);
        if (read.Sizes.Length != 1)
        {
            throw file.Fault($"has rank {read.Sizes.Length}, but labels have rank 1; name the file of the labels");
        }

        if (read.Sizes[0] != images.Sizes[0])
        {
            throw file.Fault($"has {read.Sizes[0]} labels for the {images.Sizes[0]} samples of {imagesPath}; name the files that " +
                "belong together");
        }

        var classes = known.Count > 0 ? known.Count : stated ?? ClassLabels.ClassesMax;
        var labels = new int[read.Values.Length];
        var most = 0;
        for (var sample = 0; sample < labels.Length; sample++)
        {
            var value = read.Values[sample];
            if (!(value >= 0 && value < classes && value == (int)value))
            {
                throw file.Fault($"gives sample {sample} the label {value}, which is no class from 0 to {classes - 1}; correct it " +
                    "or the number of classes");
            }

            labels[sample] = (int)value;
            most = Math.Max(most, labels[sample]);
        }

        var names = known.Count > 0 ? known : ClassLabels.Numbers(stated ?? most + 1);
        return new DataSet(images.SampleShape(), images.Values, labels, names);
    }
}
