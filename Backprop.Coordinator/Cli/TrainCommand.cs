using System.CommandLine;
using System.Globalization;
using System.Runtime.InteropServices;
using Backprop.Coordinator.Progress;
using Backprop.Coordinator.Storage;
using Backprop.Coordinator.Training;
using Backprop.Shared.Primitives;
using Backprop.Shared.Runs;

namespace Backprop.Coordinator.Cli;

/// <summary><c>backprop train RUN.yaml</c>: trains in this process.</summary>
internal static class TrainCommand
{
    public static Command Create()
    {
        var file = RunOptions.RunFile();
        var (workers, set) = (RunOptions.Workers(), RunOptions.Set());
        var init = new Option<string?>("--init")
        {
            Description = "first weights, as 'backprop init' writes them",
            HelpName = "FILE.safetensors",
        };
        var resume = new Option<bool>("--resume") { Description = "goes on from the newest valid checkpoint" };
        var overwrite = new Option<bool>("--overwrite") { Description = "deletes the run that is in the folder" };
        var stopAt = new Option<int?>("--stop-at") { Description = "writes a checkpoint after this step and stops", HelpName = "STEP" };
        var folder = new Option<string?>("--run-dir")
        {
            Description = "the run's folder (default: the next free runs/NAME)",
            HelpName = "DIR",
        };
        var command = new Command("train", "Trains a run file's model and keeps the run's record in a folder.")
        {
            file, workers, set, init, resume, overwrite, stopAt, folder,
        };
        command.SetAction(parsed => CommandLine.Guard(() =>
        {
            if (parsed.GetValue(resume) && parsed.GetValue(overwrite))
            {
                throw new UserException(ExitCode.Usage, "--resume and --overwrite exclude each other; give one of them.");
            }

            if (parsed.GetValue(stopAt) is < 1)
            {
                throw new UserException(ExitCode.Usage, "--stop-at takes a step of 1 or more.");
            }

            var path = parsed.GetRequiredValue(file);
            var sets = parsed.GetRequiredValue(set);
            var run = PreparedRun.Load(RunOptions.Load(path, sets));
            return Train([path, .. sets.SelectMany(s => new[] { "--set", s })], run, new TrainOptions
            {
                Workers = parsed.GetValue(workers),
                InitPath = parsed.GetValue(init),
                Resume = parsed.GetValue(resume),
                Overwrite = parsed.GetValue(overwrite),
                StopAt = parsed.GetValue(stopAt),
                RunFolder = parsed.GetValue(folder),
            });
        }));
        return command;
    }

    private static ExitCode Train(string[] arguments, PreparedRun run, TrainOptions options)
    {
        var epochs = (int)((run.Steps + (long)StepsPerEpoch(run) - 1) / StepsPerEpoch(run));
        var live = !Console.IsErrorRedirected;
        var colour = live && string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR"));
        var display = new ConsoleDisplay(
            Console.Error, live, colour, new ProgressTotals(epochs, run.Steps, run.File.Batch, options.Workers), TimeProvider.System);
        var session = new TrainingSession(run, options, display, TimeProvider.System);
        var interrupted = 0;
        var drained = false;
        void Stop(PosixSignalContext context)
        {
            if (Interlocked.Increment(ref interrupted) > 1)
            {
                // Asked a second time: leave at once, as the operating system would.
                return;
            }

            context.Cancel = true;
            drained = context.Signal == PosixSignal.SIGTERM;
            display.Said("finishing the step and writing a checkpoint; once more leaves at once");
            session.RequestStop();
        }

        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
        display.Said(Introduce(run, options));
        var summary = session.Execute();
        Console.Out.WriteLine(Conclusion.Text(summary, session.FolderPath!));
        if (summary.Status != RunStatus.Stopped)
        {
            return ExitCode.Done;
        }

        string[] resume = ["backprop", "train", .. arguments, "--resume", "--run-dir", session.FolderPath!];
        Console.Error.WriteLine($"resume: {ShellWords.Join(resume)}");
        return interrupted == 0 ? ExitCode.Done : drained ? ExitCode.Drained : ExitCode.Interrupted;
    }

    private static long StepsPerEpoch(PreparedRun run) => Shared.Runs.RunLength.StepsPerEpoch(run.Data.Train.Count, run.File.Batch);

    private static string Introduce(PreparedRun run, TrainOptions options) => string.Create(
        CultureInfo.InvariantCulture,
        $"{run.File.Name}: {run.Model.Layout.Count:N0} parameters, {run.Data.Train.Count:N0} samples, "
        + $"{run.Steps:N0} steps of {run.File.Batch} in {run.File.Shards} shards, "
        + $"{options.Workers} worker{(options.Workers == 1 ? "" : "s")}; {Shared.Kernels.HardwareReport.Line}");
}
