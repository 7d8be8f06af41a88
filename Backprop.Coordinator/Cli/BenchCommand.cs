using System.CommandLine;
using Backprop.Coordinator.Cluster;
using Backprop.Coordinator.Core;
using Backprop.Coordinator.Diagnostics;
using Backprop.Coordinator.Training;
using Backprop.Shared.Primitives;
using Backprop.Shared.Protocol;
using Backprop.Shared.Runs;
using Microsoft.Extensions.Logging.Abstractions;

namespace Backprop.Coordinator.Cli;

/// <summary>
/// <c>backprop bench RUN.yaml</c>: trains as <c>train</c> does, without evaluation, checkpoints or ledger, and measures the steps.
/// </summary>
internal static class BenchCommand
{
    private const int WarmUpSteps = 10;
    private const double WarmUpSeconds = 1;

    public static Command Create()
    {
        var file = RunOptions.RunFile();
        var (workers, processes, set) = (RunOptions.Workers(), RunOptions.Processes(), RunOptions.Set());
        var seconds = new Option<double>("--seconds")
        {
            Description = "how long to measure, after a warm-up (default 5)",
            HelpName = "S",
            DefaultValueFactory = _ => 5,
        };
        var json = new Option<bool>("--json") { Description = "prints one line of JSON" };
        var split = new Option<long?>("--split-from")
        {
            Description = "layers with at least so many parameters are split by outputs between the workers; never changes a bit",
            HelpName = "N",
            Hidden = true,
        };
        var tcp = new Option<bool>("--tcp")
        {
            Description = "with --processes: by TCP, as if they were on other machines, not through memory that they share",
        };
        var command = new Command("bench", "Measures the steps of a run file's training.")
        {
            file, workers, processes, tcp, set, seconds, json, split,
        };
        command.SetAction(parsed => CommandLine.Guard(() =>
        {
            if (parsed.GetValue(seconds) is not (> 0 and <= 86400))
            {
                throw new UserException(ExitCode.Usage, "--seconds takes a number above 0.");
            }

            RunOptions.RequireOne(parsed, workers, processes);
            var run = RunOptions.Prepare(parsed.GetRequiredValue(file), parsed.GetRequiredValue(set));
            var where = (parsed.GetValue(workers), parsed.GetValue(processes), parsed.GetValue(tcp));
            Measure(run, where, parsed.GetValue(seconds), parsed.GetValue(json), parsed.GetValue(split));
            return ExitCode.Done;
        }));
        return command;
    }

    private static IRunEngines EnginesOf(
        PreparedRun run, Rules rules, RunProgress progress, (int Workers, int Processes, bool Tcp) where, BenchObserver observer)
    {
        var time = TimeProvider.System;
        if (where.Processes == 0)
        {
            return new EmbeddedEngines(where.Workers, time);
        }

        var options = ClusterOptions.ForThisMachine(where.Processes, minimum: where.Processes);
        options = where.Tcp ? options with { Listen = new HostPort("127.0.0.1", 0) } : options;
        var log = NullLogger.Instance;
        var cluster = new ClusterEngines(run, options, log, new WorkerLog(log, rules.Shards, progress, time), time);
        return new LocalEngines(cluster, where.Processes, observer.Said, time);
    }

    private static void Measure(PreparedRun run, (int Workers, int Processes, bool Tcp) where, double seconds, bool json, long? splitFrom)
    {
        var setup = run.Setup(null, keepsRecord: false);
        var rules = setup.Rules with { Steps = int.MaxValue, Ledger = true };
        var observer = new BenchObserver(seconds, WarmUpSteps, WarmUpSeconds);
        var progress = new RunProgress(rules, TimeProvider.System);
        using var engines = EnginesOf(run, rules, progress, where, observer);
        engines.NeedOf(run, RunMemory.OfWeights(run)).Require($"The run {run.File.Name}", MachineMemory.Available());
        setup = setup with { Rules = engines.Adapt(rules), SplitFrom = splitFrom ?? setup.SplitFrom };
        using var weights = new RunWeights(run.Model, run.File.Optimizer, shared: where.Processes > 0 && !where.Tcp);
        run.Model.Initialize(run.File.Seed, weights.Weights.Span);
        var board = new StatusBoard(setup.Rules, 0);
        using var engine = engines.Open(new RunStart(setup, weights, RunBeginning.Template(run, ""), false, observer, board));
        observer.TrafficOf = () => engine.Traffic;
        observer.Stop = engine.RequestStop;
        engine.Execute();
        if (engine.Failure is { } failure)
        {
            throw failure;
        }

        var result = new BenchResult(run, where.Workers, where.Processes, observer);
        if (json)
        {
            result.WriteJson();
        }
        else
        {
            result.WriteText();
        }
    }
}
