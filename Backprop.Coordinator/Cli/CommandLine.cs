using System.CommandLine;
using Backprop.Shared.Cli;
using Backprop.Shared.Primitives;

namespace Backprop.Coordinator.Cli;

/// <summary>The <c>backprop</c> command: parses, runs, and turns what goes wrong into one sentence and an exit code.</summary>
internal static class CommandLine
{
    private const string Name = "backprop";

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
        root.Subcommands.Add(CoordinatorCommand.Create());
        root.Subcommands.Add(NodeCommand.Create());
        root.Subcommands.Add(ClusterCommand.Create());
        root.Subcommands.Add(SubmitCommand.Create());
        root.Subcommands.Add(TakeOverCommand.Create());
        foreach (var order in OrderCommands.Create())
        {
            root.Subcommands.Add(order);
        }

        root.Subcommands.Add(LookCommands.CreateNodes());
        root.Subcommands.Add(LookCommands.CreateLogs());
        root.Subcommands.Add(StatusCommand.CreateStatus());
        root.Subcommands.Add(StatusCommand.CreateWorkers());
        HelpWithExamples.AddTo(root);
        return await GuardedCommand.ParseAndRunAsync(Name, root, args);
    }

    /// <summary>Runs a command's body; a person's mistake becomes a sentence, never a stack trace.</summary>
    public static int Guard(Func<ExitCode> body) => GuardedCommand.Run(Name, body);
}
