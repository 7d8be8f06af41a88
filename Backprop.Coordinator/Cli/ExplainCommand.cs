using System.CommandLine;
using Backprop.Coordinator.Explain;
using Backprop.Shared.Cli;
using Backprop.Shared.Primitives;

namespace Backprop.Coordinator.Cli;

/// <summary><c>backprop explain RUN.yaml</c>: one step of a small network, worked out for a person to read.</summary>
internal static class ExplainCommand
{
    public static Command Create()
    {
        var (file, set) = (RunOptions.RunFile(), RunOptions.Set());
        var sample = new Option<int?>("--sample")
        {
            Description = "only this sample of the batch, by its row in the data, from 0",
            HelpName = "I",
        };
        var step = new Option<int>("--step")
        {
            Description = "which step; those before it are trained first (default 1)",
            HelpName = "N",
            DefaultValueFactory = _ => 1,
        };
        var command = new Command("explain", "Works out one step of a small network by hand: forward, backward, average, update.")
        {
            file, sample, step, set,
        };
        command.SetAction(parsed => CommandLine.Guard(() =>
        {
            var run = RunOptions.Prepare(parsed.GetRequiredValue(file), parsed.GetRequiredValue(set));
            StandardStreams.WriteResult(ExplanationText.Of(Explanation.Of(run, parsed.GetValue(step)), parsed.GetValue(sample)));
            return ExitCode.Done;
        }));
        return command;
    }
}
