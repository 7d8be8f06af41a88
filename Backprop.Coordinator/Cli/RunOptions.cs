using System.CommandLine;
using System.CommandLine.Parsing;
using Backprop.Shared.Cli;
using Backprop.Shared.Primitives;
using Backprop.Shared.Runs;

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
    public static Option<int> Workers() => Count(
        "--workers", "in-process workers, a compute thread each (default: the cores)", _ => Environment.ProcessorCount);

    /// <summary>How many worker processes.</summary>
    public static Option<int> Processes() => Count(
        "--processes", "worker processes on this machine instead, a compute thread each", _ => 0);

    /// <summary>Refuses both numbers of workers.</summary>
    public static void RequireOne(ParseResult parsed, Option<int> workers, Option<int> processes)
    {
        if (parsed.GetResult(workers) is { Implicit: false } && parsed.GetResult(processes) is { Implicit: false })
        {
            throw new UserException(ExitCode.Usage, "--workers and --processes exclude each other; give one of them.");
        }
    }

    /// <summary>Reads the run file with its overrides.</summary>
    public static RunFile Load(string path, string[] sets) => Shared.Runs.RunFile.Load(path, sets);

    /// <summary>Reads the run file and its data, for commands that have no log; how, goes to stderr.</summary>
    public static PreparedRun Prepare(string path, string[] sets)
    {
        var run = PreparedRun.Load(Load(path, sets));
        NoteLines.Tell(run.Notes);
        return run;
    }

    private static Option<int> Count(string name, string description, Func<ArgumentResult, int> otherwise)
    {
        var option = new Option<int>(name) { Description = description, HelpName = "N", DefaultValueFactory = otherwise };
        option.Validators.Add(result =>
        {
            if (result.Tokens.Count > 0 && (!int.TryParse(result.Tokens[0].Value, out var count) || count is < 1 or > 1024))
            {
                result.AddError($"{name} takes a number from 1 to 1024, not '{result.Tokens[0].Value}'.");
            }
        });
        return option;
    }
}
