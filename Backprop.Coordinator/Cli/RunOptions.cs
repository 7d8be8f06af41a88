using System.CommandLine;
using Backprop.Shared.Runs;
using Backprop.Worker.Cli;

namespace Backprop.Coordinator.Cli;

/// <summary>The arguments that several commands share.</summary>
internal static class RunOptions
{
    /// <summary>The run file.</summary>
    public static Argument<string> RunFile() => Path("RUN.yaml", "the run file");

    /// <summary>An argument that is a path: what begins as an option does is a slip of the hand.</summary>
    public static Argument<string> Path(string name, string description)
    {
        var argument = new Argument<string>(name) { Description = description };
        argument.Validators.Add(result =>
        {
            if (result.Tokens is [{ Value: ['-', ..] } token])
            {
                result.AddError(UsageErrors.Unknown(token.Value, result));
            }
        });
        return argument;
    }

    /// <summary>Overrides of single keys.</summary>
    public static Option<string[]> Set() => new("--set")
    {
        Description = "overrides a key of the run file: --set optimizer.rate=0.01 (may be repeated)",
        HelpName = "key=value",
        AllowMultipleArgumentsPerToken = false,
        DefaultValueFactory = _ => [],
    };

    /// <summary>How many in-process workers.</summary>
    public static Option<int> Workers()
    {
        var option = new Option<int>("--workers")
        {
            Description = "in-process workers, a compute thread each (default: the cores)",
            HelpName = "N",
            DefaultValueFactory = _ => Environment.ProcessorCount,
        };
        option.Validators.Add(result =>
        {
            if (result.Tokens.Count > 0 && (!int.TryParse(result.Tokens[0].Value, out var workers) || workers is < 1 or > 1024))
            {
                result.AddError($"--workers takes a number from 1 to 1024, not '{result.Tokens[0].Value}'.");
            }
        });
        return option;
    }

    /// <summary>Reads the run file with its overrides.</summary>
    public static RunFile Load(string path, string[] sets) => Shared.Runs.RunFile.Load(path, sets);
}
