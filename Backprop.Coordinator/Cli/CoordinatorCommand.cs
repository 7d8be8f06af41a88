using System.CommandLine;
using System.Globalization;
using Backprop.Coordinator.Cluster;
using Backprop.Coordinator.Diagnostics;
using Backprop.Coordinator.Diagnostics.Lines;
using Backprop.Coordinator.Progress;
using Backprop.Coordinator.Storage;
using Backprop.Coordinator.Training;
using Backprop.Shared.Primitives;
using Backprop.Shared.Protocol;
using Backprop.Shared.Runs;

namespace Backprop.Coordinator.Cli;

/// <summary><c>backprop coordinator RUN.yaml</c>: trains with worker processes from wherever they connect.</summary>
internal static class CoordinatorCommand
{
    private const string DefaultListen = "127.0.0.1:7400";

    public static Command Create()
    {
        var file = RunOptions.RunFile();
        var (set, keep) = (RunOptions.Set(), new RecordOptions());
        var listen = new Option<string>("--listen")
        {
            Description = $"where workers connect (default {DefaultListen}; port 0: any free one)",
            HelpName = "HOST:PORT",
            DefaultValueFactory = _ => DefaultListen,
        };
        var (http, log) = (WatchOptions.Http(), WatchOptions.Log());
        var workers = new Option<string>("--workers")
        {
            Description = "the run waits below MIN workers and refuses those beyond MAX (default 1:64)",
            HelpName = "MIN:MAX",
            DefaultValueFactory = _ => "1:64",
        };
        var token = new Option<string?>("--token-file")
        {
            Description = "a file with a secret that workers must know; needed to be reached from other machines",
            HelpName = "FILE",
        };
        var wait = new Option<double?>("--wait")
        {
            Description = "gives up, with exit code 4, when MIN workers were missing for so long (default: never)",
            HelpName = "SECONDS",
        };
        var command = new Command("coordinator", "Trains with worker processes that connect to it; they may come and go.")
        {
            file, listen, http, workers, token, wait, log, set,
        };
        keep.AddTo(command);
        command.SetAction(parsed => CommandLine.Guard(() =>
        {
            var (minimum, maximum) = Bounds(parsed.GetRequiredValue(workers));
            var options = keep.Read(parsed, maximum);
            var path = parsed.GetRequiredValue(file);
            var sets = parsed.GetRequiredValue(set);
            var cluster = new ClusterOptions
            {
                Listen = HostPort.Parse(parsed.GetRequiredValue(listen), "--listen"),
                Token = parsed.GetValue(token) is { } secret ? JoinToken.Read(secret) : null,
                WorkersMinimum = minimum,
                WorkersMaximum = maximum,
                WorkersTimeout = Patience(parsed.GetValue(wait)),
            };
            var run = RunOptions.Prepare(path, sets);
            string[] resume =
            [
                "backprop", "coordinator", path, .. sets.SelectMany(s => new[] { "--set", s }),
                .. Given(parsed, listen, http, workers, token, wait, log),
            ];
            return Serve(run, options, cluster, WatchOptions.HttpOf(parsed, http), parsed.GetValue(log), resume);
        }));
        return command;
    }

    private static ExitCode Serve(
        PreparedRun run, TrainOptions options, ClusterOptions cluster, HostPort? http, LogFormat format, string[] resume)
    {
        var time = TimeProvider.System;
        using var output = LogOutput.ToStandardError(format, time);
        var rules = run.Setup(options.StopAt, keepsRecord: true).Rules with
        {
            WorkersMinimum = cluster.WorkersMinimum,
            WorkersMaximum = cluster.WorkersMaximum,
        };
        using var log = new CoordinatorLog(output.Logger, rules, time);
        using var engines = new ClusterEngines(run, cluster, log, time);
        var status = new StatusRelay(new StatusBoard(run.File.Name, "", rules, 0, time));
        using var page = http is { } address ? ClusterHttp.Start(address, status, time, output.Factory) : null;
        var display = new Displays(log);
        TrainingSession? session = null;
        session = new TrainingSession(run, options, display, time, (setup, weights, start, owed, observer) =>
        {
            var engine = engines.Open(setup, weights, start, owed, observer);
            display.Second = engine.Board;
            status.TurnTo(engine.Board);
            log.Begins(run, start.Identity, (int)start.Step, session!.FolderPath!);
            if (page is not null)
            {
                log.StatusPage(page.Address);
            }

            return engine;
        });
        using var signals = new StopSignals(() =>
        {
            log.Stopping();
            session.RequestStop();
        });
        try
        {
            var summary = session.Execute();
            var code = summary.Status == RunStatus.Stopped ? signals.ExitCode : ExitCode.Done;
            log.Ended(summary, session.FolderPath!, code, null);
            Console.Out.WriteLine(Conclusion.Text(summary, session.FolderPath!));
            if (summary.Status == RunStatus.Stopped)
            {
                output.Dispose();
                Console.Error.WriteLine($"resume: {ShellWords.Join([.. resume, "--resume", "--run-dir", session.FolderPath!])}");
            }

            return code;
        }
        catch (UserException failure)
        {
            Say(log, session, failure);
            return failure.ExitCode;
        }
    }

    private static void Say(CoordinatorLog log, TrainingSession session, UserException failure)
    {
        if (session.Summary is { } summary)
        {
            log.Ended(summary, session.FolderPath!, failure.ExitCode, failure);
        }
        else
        {
            log.CannotGoOn(failure);
        }
    }

    private static TimeSpan Patience(double? seconds) => seconds switch
    {
        null => Timeout.InfiniteTimeSpan,
        > 0 and <= 86400 * 30 => TimeSpan.FromSeconds(seconds.Value),
        _ => throw new UserException(ExitCode.Usage, "--wait takes a number of seconds above 0 and at most 2592000, which are 30 days."),
    };

    /// <summary>The options that were typed, as they were.</summary>
    private static IEnumerable<string> Given(ParseResult parsed, params Option[] options) =>
        from option in options
        let result = parsed.GetResult(option)
        where result is { Implicit: false }
        from word in (string[])[option.Name, .. result.Tokens.Select(t => t.Value)]
        select word;

    private static (int Minimum, int Maximum) Bounds(string text)
    {
        var parts = text.Split(':');
        if (parts.Length is 1 or 2
            && int.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out var minimum)
            && int.TryParse(parts[^1], NumberStyles.None, CultureInfo.InvariantCulture, out var maximum)
            && minimum >= 1 && maximum >= minimum && maximum <= 1024)
        {
            return (minimum, maximum);
        }

        throw new UserException(ExitCode.Usage, $"--workers takes MIN:MAX, two numbers from 1 to 1024, not '{text}'.");
    }
}
