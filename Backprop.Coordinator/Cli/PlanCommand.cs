using System.CommandLine;
using Backprop.Shared.Data;
using Backprop.Shared.Gradients;
using Backprop.Shared.Primitives;
using Backprop.Shared.Runs;

namespace Backprop.Coordinator.Cli;

/// <summary><c>backprop plan RUN.yaml --steps N</c>: which samples make which shards, a line of JSON a step.</summary>
internal static class PlanCommand
{
    public static Command Create()
    {
        var file = RunOptions.RunFile();
        var set = RunOptions.Set();
        var steps = new Option<long?>("--steps") { Description = "how many steps, from the first (default: an epoch)", HelpName = "N" };
        var command = new Command("plan", "Prints the samples of each step's shards: their 0-based rows in the data.") { file, steps, set };
        command.SetAction(parsed => CommandLine.Guard(() =>
        {
            if (parsed.GetValue(steps) is < 1)
            {
                throw new UserException(ExitCode.Usage, "--steps takes a number of 1 or more.");
            }

            var run = RunOptions.Load(parsed.GetRequiredValue(file), parsed.GetRequiredValue(set));
            var data = DataLoader.Load(run.Data, run.Folder, run.Seed);
            NoteLines.Tell(data.Notes);
            Write(run, data, parsed.GetValue(steps));
            return ExitCode.Done;
        }));
        return command;
    }

    private static void Write(RunFile run, LoadedData data, long? wanted)
    {
        var plan = new BatchPlan(run.Seed, data.Train.Count, run.Batch);
        var total = RunLength.TotalSteps(run, data.Train.Count);
        var steps = Math.Min(wanted ?? plan.StepsPerEpoch, total);
        var ids = new int[plan.Batch];
        using var lines = new ResultLines();
        for (var step = 0L; step < steps; step++)
        {
            var (epoch, stepOfEpoch) = plan.Locate(step);
            var batch = ids.AsSpan(0, plan.Fill(epoch, stepOfEpoch, ids));
            lines.Json.WriteStartObject();
            lines.Json.WriteNumber("epoch", epoch + 1);
            lines.Json.WriteNumber("step", step + 1);
            lines.Json.WriteStartArray("shards");
            for (var shard = 0; shard < run.Shards; shard++)
            {
                lines.Json.WriteStartArray();
                var first = ShardSpan.PlaceOf(shard, run.Shards, batch.Length);
                foreach (var row in batch[first..ShardSpan.PlaceOf(shard + 1, run.Shards, batch.Length)])
                {
                    lines.Json.WriteNumberValue(data.SourceRow(row));
                }

                lines.Json.WriteEndArray();
            }

            lines.Json.WriteEndArray();
            lines.Json.WriteEndObject();
            lines.EndJson();
        }

        if (wanted > total)
        {
            Console.Error.WriteLine($"the run has only {new Quantity(total, "step")}");
        }
    }
}
