using System.CommandLine;

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

    /// <summary>For programs to read.</summary>
    public static Option<bool> Json() => new("--json") { Description = "prints JSON" };

    /// <summary>Reads the model; what was passed over goes to stderr.</summary>
    public static TrainedModel Load(string path) => TrainedModel.Load(path, line => Console.Error.WriteLine($"backprop: {line}"));
}
