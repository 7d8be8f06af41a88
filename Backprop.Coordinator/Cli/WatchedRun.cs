using Backprop.Coordinator.Core;
using Backprop.Coordinator.Diagnostics;
using Backprop.Coordinator.Diagnostics.Lines;
using Backprop.Coordinator.Progress;
using Backprop.Coordinator.Storage;
using Backprop.Coordinator.Training;
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
        try
        {
            return Execute(makeEngines, rules, progress, output, log, time);
        }
        catch (UserException failure)
        {
            // A port is in use.
            log.CannotGoOn(failure);
            return failure.ExitCode;
        }
    }

    private ExitCode Execute(
        Func<RunLog, IRunEngines> makeEngines, Rules rules, RunProgress progress, LogOutput output, RunLog log, TimeProvider time)
    {
        using var engines = makeEngines(log);
        var status = new StatusRelay(new StatusBoard(run.File.Name, "", engines.Adapt(rules), 0, progress, time));
        using var page = watch.Http is { } address ? ClusterHttp.Start(address, status, time, output.Factory) : null;
        TrainingSession? session = null;
        session = new TrainingSession(run, options, log, progress, time, engines)
        {
            Begins = (board, start) =>
            {
                status.TurnTo(board);
                log.Begins(run, start.Identity, (int)start.Step, session!.FolderPath!);
                if (Workers is not null)
                {
                    log.Computes(Workers, WorkersPresent);
                }

                if (page is not null)
                {
                    log.StatusPage(page.Address);
                }
            },
        };
        log.Noted(run.Notes);
        output.Live = watch.Detail == LogDetail.Quiet ? null : log;
        using var signals = new StopSignals(_ =>
        {
            log.Stopping();
            session.RequestStop();
        });
        return Conclude(session, signals, output, log);
    }

    private ExitCode Conclude(TrainingSession session, StopSignals signals, LogOutput output, RunLog log)
    {
        try
        {
            var summary = session.Execute();
            var isStopped = summary.Status == RunStatus.Stopped;
            var code = isStopped ? signals.ExitCode : ExitCode.Done;
            if (watch.Format == LogFormat.Json || Console.IsErrorRedirected || Console.IsOutputRedirected)
            {
                // Who sees both on one terminal reads it below.
                log.Ended(summary, session.FolderPath!, code, null);
            }

            if (isStopped)
            {
                log.ResumeWith(ShellWords.Join([.. resume, "--resume", "--run-dir", session.FolderPath!]));
            }

            output.Dispose();
            Console.Out.WriteLine(Conclusion.Text(summary, session.FolderPath!));
            return code;
        }
        catch (UserException failure)
        {
            if (session.Summary is { } summary)
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
}
