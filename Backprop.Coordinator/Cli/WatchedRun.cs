using Backprop.Coordinator.Diagnostics;
using Backprop.Coordinator.Diagnostics.Lines;
using Backprop.Coordinator.Progress;
using Backprop.Coordinator.Storage;
using Backprop.Coordinator.Training;
using Backprop.Shared.Checkpoints;
using Backprop.Shared.Cli;
using Backprop.Shared.Primitives;
using Backprop.Shared.Runs;
using Backprop.Worker.Cli;

namespace Backprop.Coordinator.Cli;

/// <summary>A training that people watch: its log and status page, the signals that stop it, and its end on stdout.</summary>
/// <param name="watch">How it is watched.</param>
/// <param name="resume">The command that goes on with it, but for <c>--resume</c> and its folder.</param>
internal sealed class WatchedRun(PreparedRun run, TrainOptions options, WatchSettings watch, IReadOnlyList<string> resume)
{
    /// <summary>Who computes, where that is known before the run: as in <c>2 workers in this process</c>.</summary>
    public string? Workers { get; init; }

    /// <summary>How many of them there are from the beginning; 0 where they join.</summary>
    public int WorkersPresent { get; init; }

    /// <summary>Trains to the end, or until stopped.</summary>
    /// <param name="makeEngines">Makes what carries the run, whose workers' coming and going is to be told to the log.</param>
    public ExitCode Execute(Func<RunLog, IRunEngines> makeEngines)
    {
        var time = TimeProvider.System;
        var rules = run.Setup(options.StopAt, keepsRecord: true).Rules;
        var progress = new RunProgress(rules, time);
        using var output = LogOutput.ToStandardError(watch.Format, watch.Detail, time);
        using var log = new RunLog(output.Logger, rules, progress, time);
        TrainingSession? session = null;
        try
        {
            using var engines = makeEngines(log);
            var status = new StatusRelay(new StatusBoard(run.File.Name, "", engines.Adapt(rules), 0, progress, time));
            using var page = watch.Http is { } address ? ClusterHttp.Start(address, status, time, output.Factory) : null;
            session = new TrainingSession(run, options, log, progress, time, engines)
            {
                Begins = (board, start) =>
                {
                    status.TurnTo(board);
                    Introduce(log, start, session!.FolderPath!, page);
                },
            };
            log.Noted(run.Notes);
            output.Live = watch.Detail == LogDetail.Quiet ? null : log;
            using var signals = new StopSignals(_ =>
            {
                log.Stopping();
                session.RequestStop();
            });
            var summary = session.Execute();
            return Conclude(summary, session.FolderPath!, signals, output, log);
        }
        catch (UserException failure)
        {
            if (session?.Summary is { } summary)
            {
                log.Ended(summary, session.FolderPath!, failure.ExitCode, failure);
            }
            else
            {
                log.CannotGoOn(failure);
            }

            return failure.ExitCode;
        }
    }

    private void Introduce(RunLog log, Checkpoint start, string folder, ClusterHttp? page)
    {
        log.Begins(run, start.Identity, (int)start.Step, folder);
        if (Workers is not null)
        {
            log.Computes(Workers, WorkersPresent);
        }

        if (page is not null)
        {
            log.StatusPage(page.Address);
        }
    }

    private ExitCode Conclude(Summary summary, string folder, StopSignals signals, LogOutput output, RunLog log)
    {
        var isStopped = summary.Status == RunStatus.Stopped;
        var code = isStopped ? signals.ExitCode : ExitCode.Done;
        if (watch.Format == LogFormat.Json || Console.IsErrorRedirected || Console.IsOutputRedirected)
        {
            // Who sees both on one terminal reads it below.
            log.Ended(summary, folder, code, null);
        }

        if (isStopped)
        {
            log.ResumeWith(ShellWords.Join([.. resume, "--resume", "--run-dir", folder]));
        }

        output.Dispose();
        Console.Out.WriteLine(Conclusion.Text(summary, folder));
        return code;
    }
}
