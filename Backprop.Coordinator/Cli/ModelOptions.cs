using System.CommandLine;
using Backprop.Coordinator.Prediction;
using Backprop.Shared.Data;

namespace Backprop.Coordinator.Cli;

/// <summary>The arguments of the commands that use a trained model.</summary>
internal static class ModelOptions
{
    /// <summary>The checkpoint, or a folder.</summary>
    public static Argument<string> Checkpoint() => RunOptions.Path("CHECKPOINT", "a checkpoint, or a run's folder: its best one");

    /// <summary>New samples.</summary>
    public static Option<string?> Data() => new("--data")
    {
        Description = "samples from a CSV or IDX file (default: the test part of the run)",
        HelpName = "FILE",
    };

    /// <summary>Whether a CSV file has a header.</summary>
    public static Option<CsvHeader> Header() => new("--header")
    {
        Description = "whether the first row of a CSV file names its columns (default auto: asked where that is not sure)",
        HelpName = "auto|true|false",
        CustomParser = result =>
        {
            switch (result.Tokens[0].Value)
            {
                case "auto":
                    return CsvHeader.Auto;
                case "true":
                    return CsvHeader.True;
                case "false":
                    return CsvHeader.False;
                default:
                    result.AddError($"--header takes auto, true or false, not '{result.Tokens[0].Value}'.");
                    return default;
            }
        },
    };

    /// <summary>For programs to read.</summary>
    public static Option<bool> Json() => new("--json") { Description = "prints JSON" };

    /// <summary>Reads the samples; how, goes to stderr.</summary>
    public static ModelData Samples(TrainedModel model, string? path, CsvHeader header)
    {
        var samples = ModelData.Load(model, path, header);
        NoteLines.Tell(samples.Notes);
        return samples;
    }

    /// <summary>Reads the model; what was passed over goes to stderr.</summary>
    public static TrainedModel Load(string path) => TrainedModel.Load(path, line => Console.Error.WriteLine($"backprop: {line}"));
}
