using System.CommandLine;
using Backprop.Coordinator.Cluster;
using Backprop.Coordinator.Diagnostics;
using Backprop.Coordinator.Training;
using Backprop.Shared.Primitives;
using Backprop.Shared.Runs;
using Microsoft.Extensions.Logging;

namespace Backprop.Coordinator.Cli;

/// <summary><c>backprop train RUN.yaml</c>: trains in this process, or in worker processes that it starts and takes with it.</summary>
internal static class TrainCommand
{
    public static Command Create()
    {
        var file = RunOptions.RunFile();
        var (workers, processes, set) = (RunOptions.Workers(), RunOptions.Processes(), RunOptions.Set());
        var (record, watch) = (new RecordOptions(), new WatchOptions(http: null));
        var command = new Command("train", "Trains a run file's model and keeps the run's record in a folder.")
        {
            file, workers, processes, set,
        };
        record.AddTo(command);
        Array.ForEach(watch.All, command.Options.Add);
        command.SetAction(parsed => CommandLine.Guard(() =>
        {
            RunOptions.RequireOne(parsed, workers, processes);
            var options = record.Read(parsed, parsed.GetValue(workers), parsed.GetValue(processes));
            var settings = watch.Read(parsed);
            var path = parsed.GetRequiredValue(file);
            var run = PreparedRun.Load(RunOptions.Load(path, parsed.GetRequiredValue(set)));
            string[] resume =
            [
                "backprop", "train", path, .. TypedOptions.Of(parsed, [set, workers, processes, .. watch.All]),
            ];
            return Watched(run, options, settings, resume).Execute(
                watch => EnginesOf(run, options, watch.Log, watch.Workers));
        }));
        return command;
    }

    private static WatchedRun Watched(PreparedRun run, TrainOptions options, WatchSettings watch, string[] resume)
    {
        var isHere = options.Processes == 0;
        return new WatchedRun(run, options, watch, resume)
        {
            Workers = isHere
                ? $"{new Quantity(options.Workers, "worker")} in this process"
                : $"{new Quantity(options.Processes, "worker process", "worker processes")} on this machine",
        };
    }

    private static IRunEngines EnginesOf(PreparedRun run, TrainOptions options, ILogger log, WorkerLog workers)
    {
        var time = TimeProvider.System;
        if (options.Processes == 0)
        {
            return new EmbeddedEngines(options.Workers, time);
        }

        var cluster = new ClusterEngines(run, ClusterOptions.ForThisMachine(options.Processes, minimum: 1), log, workers, time);
        return new LocalEngines(cluster, options.Processes, log.Said, time);
    }
}
