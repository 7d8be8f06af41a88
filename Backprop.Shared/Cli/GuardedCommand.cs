using System.CommandLine;
using Backprop.Shared.Primitives;

namespace Backprop.Shared.Cli;

/// <summary>What both commands share: usage and everything else that goes wrong becomes a sentence and an exit code.</summary>
internal static class GuardedCommand
{
    /// <summary>What Linux and macOS call a full disk.</summary>
    private const int NoSpace = 28;

    /// <summary>Nobody reads any more.</summary>
    private const int BrokenPipe = 32;

    /// <summary>Parses the arguments and runs the command that they name.</summary>
    /// <param name="program">What the program is called.</param>
    public static async Task<int> ParseAndRunAsync(string program, RootCommand root, string[] args)
    {
        StandardStreams.Guard();
        var parsed = root.Parse(args);
        string[] wrong = parsed.Errors.Count > 0 ? [.. UsageErrors.Of(parsed)] : [.. UsageErrors.Empty(parsed)];
        if (wrong.Length == 0)
        {
            return await parsed.InvokeAsync();
        }

        foreach (var sentence in wrong)
        {
            await Console.Error.WriteLineAsync($"{program}: {sentence}");
        }

        var command = parsed.CommandResult.Command is RootCommand ? program : $"{program} {parsed.CommandResult.Command.Name}";
        await Console.Error.WriteLineAsync($"Try '{command} --help'.");
        return (int)ExitCode.Usage;
    }

    /// <summary>Runs a command's body; a person's mistake becomes a sentence, never a stack trace.</summary>
    public static int Run(string program, Func<ExitCode> body)
    {
        try
        {
            return (int)body();
        }
        catch (UserException problem)
        {
            Console.Error.WriteLine($"{program}: {problem.Message}");
            return (int)problem.ExitCode;
        }
        catch (IOException problem) when (problem.HResult == NoSpace)
        {
            Console.Error.WriteLine($"{program}: The disk is full; free some space, or write elsewhere.");
            return (int)ExitCode.Storage;
        }
        catch (IOException problem) when (problem.HResult == BrokenPipe)
        {
            // Whoever reads has seen enough, as in "backprop predict ... | head".
            return (int)ExitCode.Done;
        }
        catch (IOException problem)
        {
            var reason = Shown.Reason(problem);
            Console.Error.WriteLine($"{program}: Something cannot be read or written: {reason}; check the disk and the output.");
            return (int)ExitCode.Storage;
        }
        catch (OutOfMemoryException)
        {
            Console.Error.WriteLine($"{program}: The run does not fit in memory; lower the batch, the model or the data.");
            return (int)ExitCode.Unexpected;
        }
#pragma warning disable CA1031 // The last line of defence: whatever it is, a person reads a sentence.
        catch (Exception problem) when (Environment.GetEnvironmentVariable("BACKPROP_DEBUG") is null)
#pragma warning restore CA1031
        {
            var what = $"{problem.GetType().Name}: {Shown.Reason(problem)}";
            Console.Error.WriteLine($"{program}: Something unexpected happened: {what} (BACKPROP_DEBUG=1 shows where).");
            return (int)ExitCode.Unexpected;
        }
    }
}
