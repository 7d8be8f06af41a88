using System.CommandLine;
using Backprop.Shared.Primitives;

namespace Backprop.Coordinator.Cli;

/// <summary>The <c>backprop</c> command: parses, runs, and turns what goes wrong into one sentence and an exit code.</summary>
internal static class CommandLine
{
    /// <summary>What Linux and macOS call a full disk.</summary>
    private const int NoSpace = 28;

    /// <summary>Runs one command to its exit code.</summary>
    public static async Task<int> RunAsync(string[] args)
    {
        var root = new RootCommand("Trains neural networks on a coordinator and any number of workers, always to the same weights.");
        root.Subcommands.Add(TrainCommand.Create());
        root.Subcommands.Add(EvaluateCommand.Create());
        root.Subcommands.Add(PredictCommand.Create());
        root.Subcommands.Add(InitCommand.Create());
        root.Subcommands.Add(PlanCommand.Create());
        root.Subcommands.Add(BenchCommand.Create());
        root.Subcommands.Add(ExplainCommand.Create());
        root.Subcommands.Add(StatusCommand.CreateStatus());
        root.Subcommands.Add(StatusCommand.CreateWorkers());
        HelpWithExamples.AddTo(root);
        var parsed = root.Parse(args);
        if (parsed.Errors.Count > 0)
        {
            foreach (var sentence in UsageErrors.Of(parsed))
            {
                await Console.Error.WriteLineAsync($"backprop: {sentence}");
            }

            var command = parsed.CommandResult.Command is RootCommand ? "backprop" : $"backprop {parsed.CommandResult.Command.Name}";
            await Console.Error.WriteLineAsync($"Try '{command} --help'.");
            return (int)ExitCode.Usage;
        }

        return await parsed.InvokeAsync();
    }

    /// <summary>Runs a command's body; a person's mistake becomes a sentence, never a stack trace.</summary>
    public static int Guard(Func<ExitCode> body)
    {
        try
        {
            return (int)body();
        }
        catch (UserException problem)
        {
            Console.Error.WriteLine($"backprop: {problem.Message}");
            return (int)problem.ExitCode;
        }
        catch (IOException problem) when (problem.HResult == NoSpace)
        {
            Console.Error.WriteLine("backprop: The disk is full; free some space, or write elsewhere.");
            return (int)ExitCode.Storage;
        }
        catch (OutOfMemoryException)
        {
            Console.Error.WriteLine("backprop: The run does not fit in memory; lower the batch, the model or the data.");
            return (int)ExitCode.Unexpected;
        }
#pragma warning disable CA1031 // The last line of defence: whatever it is, a person reads a sentence.
        catch (Exception problem) when (Environment.GetEnvironmentVariable("BACKPROP_DEBUG") is null)
#pragma warning restore CA1031
        {
            var what = $"{problem.GetType().Name}: {problem.Message}";
            Console.Error.WriteLine($"backprop: Something unexpected happened: {what} (BACKPROP_DEBUG=1 shows where).");
            return (int)ExitCode.Unexpected;
        }
    }
}
