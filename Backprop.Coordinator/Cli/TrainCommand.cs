using System.CommandLine;
using System.Globalization;
using Backprop.Coordinator.Cluster;
using Backprop.Coordinator.Diagnostics;
using Backprop.Coordinator.Diagnostics.Lines;
using Backprop.Coordinator.Progress;
using Backprop.Coordinator.Storage;
using Backprop.Coordinator.Training;
using Backprop.Shared.Primitives;
using Backprop.Shared.Runs;

namespace Backprop.Coordinator.Cli;

/// <summary><c>backprop train RUN.yaml</c>: trains in this process, or in worker processes that it starts and takes with it.</summary>
internal static class TrainCommand
{
    public static Command Create()
    {
        var file = RunOptions.RunFile();
        var (workers, processes, set) = (RunOptions.Workers(), RunOptions.Processes(), RunOptions.Set());
        var keep = new RecordOptions();
        var command = new Command("train", "Trains a run file's model and keeps the run's record in a folder.")
        {
            file, workers, processes, set,
        };
        keep.AddTo(command);
        command.SetAction(parsed => CommandLine.Guard(() =>
        {
            RunOptions.RequireOne(parsed, workers, processes);
            var options = keep.Read(parsed, parsed.GetValue(workers), parsed.GetValue(processes));
            var path = parsed.GetRequiredValue(file);
            var sets = parsed.GetRequiredValue(set);
            return Train([path, .. sets.SelectMany(s => new[] { "--set", s })], PreparedRun.Load(RunOptions.Load(path, sets)), options);
        }));
        return command;
    }

    private static ExitCode Train(string[] arguments, PreparedRun run, TrainOptions options)
    {
        var epochs = (int)((run.Steps + (long)StepsPerEpoch(run) - 1) / StepsPerEpoch(run));
        var live = !Console.IsErrorRedirected;
        var colour = live && string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR"));
        using var display = new ConsoleDisplay(
            Console.Error, live, colour, new ProgressTotals(epochs, run.Steps, run.File.Batch, options.WorkerCount), TimeProvider.System);
        var session = new TrainingSession(run, options, display, TimeProvider.System, EngineFor(run, options, display));
        using var signals = new StopSignals(() =>
        {
            display.Said("finishing the step and writing a checkpoint; once more leaves at once");
            session.RequestStop();
        });
        display.Said(Introduce(run, options));
        NoteLines.Tell(run.Notes);
        var summary = session.Execute();
        display.Dispose();
        Console.Out.WriteLine(Conclusion.Text(summary, session.FolderPath!));
        if (summary.Status != RunStatus.Stopped)
        {
            return ExitCode.Done;
        }

        string[] resume = ["backprop", "train", .. arguments, "--resume", "--run-dir", session.FolderPath!];
        Console.Error.WriteLine($"resume: {ShellWords.Join(resume)}");
        return signals.ExitCode;
    }

    /// <summary>Worker processes, where they were asked for; null: workers in this process.</summary>
    private static EngineFactory? EngineFor(PreparedRun run, TrainOptions options, ConsoleDisplay display)
    {
        if (options.Processes == 0)
        {
            return null;
        }

        var cluster = ClusterOptions.ForThisMachine(options.Processes, minimum: 1);
        var log = new CoordinatorLog(
            new DisplayLogger(display), run.Setup(options.StopAt, keepsRecord: true).Rules, TimeProvider.System);
        var engines = new ClusterEngines(run, cluster, log, TimeProvider.System);
        return (setup, weights, start, owed, observer) =>
            engines.OpenLocal(options.Processes, display.Said, setup, weights, start, owed, observer);
    }

    private static long StepsPerEpoch(PreparedRun run) => Shared.Runs.RunLength.StepsPerEpoch(run.Data.Train.Count, run.File.Batch);

    private static string Introduce(PreparedRun run, TrainOptions options) => string.Create(
        CultureInfo.InvariantCulture,
        $"{run.File.Name}: {run.Model.Layout.Count:N0} parameters, {run.Data.Train.Count:N0} samples, "
        + $"{run.Steps:N0} steps of {run.File.Batch} in {run.File.Shards} shards, "
        + $"{options.WorkerCount} worker{(options.Processes > 0 ? " process" : "")}"
        + $"{(options.WorkerCount == 1 ? "" : options.Processes > 0 ? "es" : "s")}; {Shared.Kernels.HardwareReport.Line}");
}
