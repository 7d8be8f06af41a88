using System.CommandLine;
using System.Globalization;
using Backprop.Shared.Checkpoints;
using Backprop.Shared.Primitives;

namespace Backprop.Coordinator.Cli;

/// <summary><c>backprop init RUN.yaml --out FILE.safetensors</c>: the first weights of a run, as <c>train</c> makes them.</summary>
internal static class InitCommand
{
    public static Command Create()
    {
        var file = RunOptions.RunFile();
        var set = RunOptions.Set();
        var output = new Option<string>("--out") { Description = "the file to write", HelpName = "FILE.safetensors", Required = true };
        var command = new Command("init", "Writes a run's first weights, to look at or to hand to 'train --init'.") { file, output, set };
        command.SetAction(parsed => CommandLine.Guard(() =>
        {
            var run = RunOptions.Prepare(parsed.GetRequiredValue(file), parsed.GetRequiredValue(set));
            var weights = new float[run.Model.Layout.Length];
            run.Model.Initialize(run.File.Seed, weights);
            var path = parsed.GetRequiredValue(output);
            WeightsFile.Write(path, new CheckpointTensors(run.Model.Layout, weights, [], []));
            Console.Out.WriteLine(string.Create(
                CultureInfo.InvariantCulture, $"wrote {path}: {new Quantity(run.Model.Layout.Count, "parameter")}, seed {run.File.Seed}"));
            Console.Out.WriteLine($"weights sha256 {WeightsHash.Compute(run.Model.Layout, weights)}");
            return ExitCode.Done;
        }));
        return command;
    }
}
