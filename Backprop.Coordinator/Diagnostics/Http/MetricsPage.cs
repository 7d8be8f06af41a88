using System.Globalization;
using System.Text;
using Backprop.Coordinator.Diagnostics.Lines;
using Backprop.Shared.Primitives;
using Prometheus;

namespace Backprop.Coordinator.Diagnostics.Http;

/// <summary>
/// A status in Prometheus' words. Each page has a registry of its own: a worker that is gone leaves no series behind, and the library's
/// global registry, which has metrics of the process, is never used.
/// </summary>
internal static class MetricsPage
{
    /// <summary>What the page says of itself.</summary>
    public const string ContentType = "text/plain; version=0.0.4; charset=utf-8";

    /// <summary>Series of single workers are given for so many, lowest ids first; the sums are of all.</summary>
    public const int WorkersMaximum = 200;

    private static readonly string[] Phases =
    [
        "joining", "idle", "starting", "waiting", "computing", "committing", "evaluating", "holding", "paused", "ending", "completed",
        "stopped", "diverged", "failed",
    ];

    /// <summary>The page.</summary>
    public static byte[] Write(ClusterStatus status)
    {
        var registry = Metrics.NewCustomRegistry();
        var metrics = Metrics.WithCustomRegistry(registry);
        SetRun(metrics, status);
        SetTraining(metrics, status);
        SetCluster(metrics, status);
        SetWorkers(metrics, [.. status.Workers.Take(WorkersMaximum)]);
        using var page = new MemoryStream();
        registry.CollectAndExportAsTextAsync(page).GetAwaiter().GetResult();
        page.Write(Encoding.UTF8.GetBytes(Duration(status)));
        return page.ToArray();
    }

    private static void SetRun(MetricFactory metrics, ClusterStatus status)
    {
        metrics.CreateGauge("backprop_build_info", "The program; always 1.", "version", "commit")
            .WithLabels(status.Version, ProgramVersion.Commit).Set(1);
        metrics.CreateGauge("backprop_run_info", "The run; always 1.", "run", "identity")
            .WithLabels(PlainText.Of(status.Run), status.Identity).Set(1);
        var phases = metrics.CreateGauge("backprop_run_phase", "1 for what the run does now, 0 for the rest.", "phase");
        foreach (var phase in Phases)
        {
            phases.WithLabels(phase).Set(phase == status.Phase ? 1 : 0);
        }
    }

    private static void SetTraining(MetricFactory metrics, ClusterStatus status)
    {
        metrics.CreateCounter("backprop_train_steps_total", "Steps committed by this process.").IncTo(status.StepsCommitted);
        metrics.CreateCounter("backprop_train_samples_total", "Samples of those steps.").IncTo(status.SamplesCommitted);
        metrics.CreateGauge("backprop_train_step", "Steps of the run that are committed.").Set(status.Step);
        metrics.CreateGauge("backprop_train_step_limit", "Steps that the run will have.").Set(status.Steps);
        metrics.CreateGauge("backprop_train_epoch", "Epoch of the newest step.").Set(status.Epoch);
        metrics.CreateGauge("backprop_train_loss", "Mean loss over the last whole epoch.").Set(status.Loss);
        metrics.CreateGauge("backprop_train_step_loss", "Mean loss of the newest step's batch.").Set(status.StepLoss);
        metrics.CreateGauge("backprop_train_learning_rate", "Learning rate of the newest step.").Set(status.Rate);
        metrics.CreateGauge("backprop_train_samples_per_second", "Speed by the clock over the last ten seconds.")
            .Set(status.SamplesPerSecond);
        metrics.CreateGauge("backprop_train_left_seconds", "Time that the rest will take at that speed.").Set(status.SecondsLeft);
        SetEach("backprop_evaluation", "Newest evaluation, by metric.", status.Evaluation);
        SetEach("backprop_evaluation_best", "Best evaluation by the first metric, by metric.", status.Best);
        metrics.CreateGauge("backprop_checkpoint_step", "Step of the newest durable checkpoint.").Set(status.CheckpointStep);

        void SetEach(string name, string help, IReadOnlyDictionary<string, double> values)
        {
            foreach (var (metric, value) in values)
            {
                metrics.CreateGauge(name, help, "metric").WithLabels(metric).Set(value);
            }
        }
    }

    private static void SetCluster(MetricFactory metrics, ClusterStatus status)
    {
        var states = metrics.CreateGauge("backprop_workers", "Workers that are connected, by what they do.", "state");
        foreach (var state in StatusReader.StateNames)
        {
            states.WithLabels(state).Set(status.Workers.Count(worker => worker.State == state));
        }

        metrics.CreateGauge("backprop_workers_minimum", "Below so many workers the run waits.").Set(status.WorkersMinimum);
        metrics.CreateGauge("backprop_workers_maximum", "More workers are not let in.").Set(status.WorkersMaximum);
        metrics.CreateCounter("backprop_workers_joined_total", "How often a worker joined.").IncTo(status.WorkersJoined);
        metrics.CreateCounter("backprop_workers_lost_total", "How often a worker was lost.").IncTo(status.WorkersLost);
        metrics.CreateCounter("backprop_shards_computed_again_total", "Shards that were given to a second worker.")
            .IncTo(status.ShardsComputedAgain);
        metrics.CreateCounter("backprop_answers_dropped_total", "Answers that came late or twice and were not read.")
            .IncTo(status.AnswersDropped);
        var bytes = metrics.CreateCounter(
            "backprop_network_io_bytes_total", "Bytes between the coordinator and its workers.", "direction");
        bytes.WithLabels("sent").IncTo(status.BytesSent);
        bytes.WithLabels("received").IncTo(status.BytesReceived);
    }

    private static void SetWorkers(MetricFactory metrics, WorkerStatus[] workers)
    {
        string[] labels = ["worker", "name"];
        foreach (var worker in workers)
        {
            // A worker calls itself what it likes. The library escapes what would end a label or a line, but no other control characters.
            string[] who = [worker.Id.ToString(CultureInfo.InvariantCulture), PlainText.Of(worker.Name)];
            Set("backprop_worker_samples_per_second", "Speed of a worker.", worker.SamplesPerSecond);
            Set("backprop_worker_slots", "Compute threads of a worker.", worker.Slots);
            Count("backprop_worker_shards_total", "Shards of a worker that were taken.", worker.Shards);
            Set("backprop_worker_heartbeat_age_seconds", "Time since a worker was heard.", worker.LastHeardSeconds);
            Count("backprop_worker_sent_bytes_total", "Bytes sent to a worker.", worker.BytesSent);
            Count("backprop_worker_received_bytes_total", "Bytes received from a worker.", worker.BytesReceived);

            void Set(string name, string help, double value) => metrics.CreateGauge(name, help, labels).WithLabels(who).Set(value);

            void Count(string name, string help, long value) => metrics.CreateCounter(name, help, labels).WithLabels(who).IncTo(value);
        }
    }

    /// <summary>The one family that the library cannot write: its summaries know only quantiles of what they observed themselves.</summary>
    private static string Duration(ClusterStatus status) => string.Create(
        CultureInfo.InvariantCulture,
        $$"""
        # HELP backprop_step_duration_seconds Time of a step; the quantiles are of the last 256.
        # TYPE backprop_step_duration_seconds summary
        backprop_step_duration_seconds{quantile="0.5"} {{status.MedianStepMilliseconds / 1000}}
        backprop_step_duration_seconds{quantile="0.95"} {{status.P95StepMilliseconds / 1000}}
        backprop_step_duration_seconds_sum {{status.SecondsTraining}}
        backprop_step_duration_seconds_count {{status.StepsCommitted}}

        """);
}
