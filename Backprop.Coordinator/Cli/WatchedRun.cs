using Backprop.Coordinator.Diagnostics;
using Backprop.Coordinator.Diagnostics.Lines;
using Backprop.Coordinator.Progress;
using Backprop.Coordinator.Storage;
using Backprop.Coordinator.Training;
using Backprop.Shared.Cli;
using Backprop.Shared.Kernels;
using Backprop.Shared.Primitives;
using Backprop.Shared.Runs;
using Microsoft.Extensions.Logging;

namespace Backprop.Coordinator.Cli;

/// <summary>A training that people watch: its log and status page, the signals that stop it, and its end on stdout.</summary>
/// <param name="watch">How it is watched.</param>
/// <param name="resume">The command that goes on with it, but for <c>--resume</c> and its folder.</param>
internal sealed class WatchedRun(PreparedRun run, TrainOptions options, WatchSettings watch, IReadOnlyList<string> resume)
{
    /// <summary>Who computes, where that is known before the run: as in <c>2 workers in this process</c>.</summary>
    public string? Workers { get; init; }

    /// <summary>Trains to the end, or until stopped.</summary>
    /// <param name="makeEngines">Makes what carries the run.</param>
    public ExitCode Execute(Func<RunWatch, IRunEngines> makeEngines)
    {
        var time = TimeProvider.System;
        var rules = run.Setup(options.StopAt, keepsRecord: true).Rules;
        var progress = new RunProgress(rules, time);
        using var output = LogOutput.ToStandardError(watch.Format, watch.Detail, time);
        using var workers = new WorkerLog(output.Logger, rules.Shards, progress, time);
        using var training = new TrainingLog(output.Logger, rules, progress, time);
        var log = new RunLog(output.Logger, workers, training);
        TrainingSession? session = null;
        try
        {
            var status = new StatusRelay(ReaderOf(new StatusBoard(rules, 0), ""));
            using var engines = makeEngines(new RunWatch(output.Logger, workers, status, () => session?.FolderPath));
            rules = engines.Adapt(rules);
            status.TurnTo(ReaderOf(new StatusBoard(rules, 0), ""));
            using var page = watch.Http is { } address ? ClusterHttp.Start(address, status, time, output.Factory) : null;
            session = new TrainingSession(run, options, training, progress, time, engines)
            {
                Begins = (board, start) =>
                {
                    status.TurnTo(ReaderOf(board, start.Identity));
                    log.Begins(run, start.Identity, (int)start.Step, session!.FolderPath!);
                    Introduce(output.Logger, page);
                },
            };
            log.Noted(run.Notes);
            output.Live = watch.Detail == LogDetail.Quiet ? null : new ProgressLine(rules, progress);
            using var signals = new StopSignals(_ =>
            {
                output.Logger.Stopping();
                session.RequestStop();
            });
            var summary = session.Execute();
            return Conclude(summary, session.FolderPath!, signals, output, log);

            StatusReader ReaderOf(StatusBoard board, string identity) => new(run.File.Name, identity, rules, board, progress, time);
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

    private void Introduce(ILogger log, ClusterHttp? page)
    {
        if (Workers is not null)
        {
            log.Computes(Workers, HardwareReport.Line);
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
            output.Logger.ResumeWith(ShellWords.Join([.. resume, "--resume", "--run-dir", folder]));
        }

        output.Dispose();
        Console.Out.WriteLine(Conclusion.Text(summary, folder));
        return code;
    }
}
