using System.Globalization;

namespace Backprop.Coordinator.Diagnostics.Http;

/// <summary>A status in Prometheus' words.</summary>
internal static class MetricsPage
{
    /// <summary>What the page says of itself.</summary>
    public const string ContentType = "text/plain; version=0.0.4; charset=utf-8";

    /// <summary>Series of single workers are given for so many, lowest ids first; the sums are of all.</summary>
    public const int WorkersMaximum = 200;

    private static readonly string[] Phases =
    [
        "starting", "waiting", "computing", "committing", "evaluating", "holding", "ending", "completed", "stopped", "diverged", "failed",
    ];

    /// <summary>The page.</summary>
    public static string Write(ClusterStatus status)
    {
        var text = new MetricsText();
        WriteRun(text, status);
        WriteTraining(text, status);
        WriteCluster(text, status);
        WriteWorkers(text, [.. status.Workers.Take(WorkersMaximum)]);
        return text.ToString();
    }

    private static void WriteRun(MetricsText text, ClusterStatus status)
    {
        text.Family("backprop_build_info", "gauge", "The program; always 1.");
        text.Sample("backprop_build_info", 1, ("version", status.Version), ("commit", ProgramVersion.Commit));
        text.Family("backprop_run_info", "gauge", "The run; always 1.");
        text.Sample("backprop_run_info", 1, ("run", status.Run), ("identity", status.Identity));
        text.Family("backprop_run_phase", "gauge", "1 for what the run does now, 0 for the rest.");
        foreach (var phase in Phases)
        {
            text.Sample("backprop_run_phase", phase == status.Phase ? 1 : 0, ("phase", phase));
        }
    }

    private static void WriteTraining(MetricsText text, ClusterStatus status)
    {
        text.Single("backprop_train_steps_total", "counter", "Steps committed by this process.", status.StepsCommitted);
        text.Single("backprop_train_samples_total", "counter", "Samples of those steps.", status.SamplesCommitted);
        text.Single("backprop_train_step", "gauge", "Steps of the run that are committed.", status.Step);
        text.Single("backprop_train_step_limit", "gauge", "Steps that the run will have.", status.Steps);
        text.Single("backprop_train_epoch", "gauge", "Epoch of the newest step.", status.Epoch);
        text.Single("backprop_train_loss", "gauge", "Mean loss over the last whole epoch.", status.Loss);
        text.Single("backprop_train_step_loss", "gauge", "Mean loss of the newest step's batch.", status.StepLoss);
        text.Single("backprop_train_learning_rate", "gauge", "Learning rate of the newest step.", status.Rate);
        text.Single("backprop_train_samples_per_second", "gauge", "Speed by the clock over the last ten seconds.", status.SamplesPerSecond);
        text.Single("backprop_train_left_seconds", "gauge", "Time that the rest will take at that speed.", status.SecondsLeft);
        if (status.Evaluation.Count > 0)
        {
            text.Family("backprop_evaluation", "gauge", "Newest evaluation, by metric.");
            foreach (var (metric, value) in status.Evaluation)
            {
                text.Sample("backprop_evaluation", value, ("metric", metric));
            }
        }

        if (status.Best.Count > 0)
        {
            text.Family("backprop_evaluation_best", "gauge", "Best evaluation by the first metric, by metric.");
            foreach (var (metric, value) in status.Best)
            {
                text.Sample("backprop_evaluation_best", value, ("metric", metric));
            }
        }

        const string duration = "backprop_step_duration_seconds";
        text.Family(duration, "summary", "Time of a step; the quantiles are of the last 256.");
        text.Sample(duration, status.MedianStepMilliseconds / 1000, ("quantile", "0.5"));
        text.Sample(duration, status.P95StepMilliseconds / 1000, ("quantile", "0.95"));
        text.Sample(duration + "_sum", status.SecondsTraining);
        text.Sample(duration + "_count", status.StepsCommitted);
        text.Single("backprop_checkpoint_step", "gauge", "Step of the newest durable checkpoint.", status.CheckpointStep);
    }

    private static void WriteCluster(MetricsText text, ClusterStatus status)
    {
        text.Family("backprop_workers", "gauge", "Workers that are connected, by what they do.");
        foreach (var state in StatusBoard.StateNames)
        {
            text.Sample("backprop_workers", status.Workers.Count(worker => worker.State == state), ("state", state));
        }

        text.Single("backprop_workers_minimum", "gauge", "Below so many workers the run waits.", status.WorkersMinimum);
        text.Single("backprop_workers_maximum", "gauge", "More workers are not let in.", status.WorkersMaximum);
        text.Single("backprop_workers_joined_total", "counter", "How often a worker joined.", status.WorkersJoined);
        text.Single("backprop_workers_lost_total", "counter", "How often a worker was lost.", status.WorkersLost);
        text.Single(
            "backprop_shards_computed_again_total", "counter", "Shards that were given to a second worker.", status.ShardsComputedAgain);
        text.Single(
            "backprop_answers_dropped_total", "counter", "Answers that came late or twice and were not read.", status.AnswersDropped);
        text.Family("backprop_network_io_bytes_total", "counter", "Bytes between the coordinator and its workers.");
        text.Sample("backprop_network_io_bytes_total", status.BytesSent, ("direction", "sent"));
        text.Sample("backprop_network_io_bytes_total", status.BytesReceived, ("direction", "received"));
    }

    private static void WriteWorkers(MetricsText text, WorkerStatus[] workers)
    {
        if (workers.Length == 0)
        {
            return;
        }

        Each("backprop_worker_samples_per_second", "gauge", "Speed of a worker.", worker => worker.SamplesPerSecond);
        Each("backprop_worker_slots", "gauge", "Compute threads of a worker.", worker => worker.Slots);
        Each("backprop_worker_shards_total", "counter", "Shards of a worker that were taken.", worker => worker.Shards);
        Each("backprop_worker_heartbeat_age_seconds", "gauge", "Time since a worker was heard.", worker => worker.LastHeardSeconds);
        Each("backprop_worker_sent_bytes_total", "counter", "Bytes sent to a worker.", worker => worker.BytesSent);
        Each("backprop_worker_received_bytes_total", "counter", "Bytes received from a worker.", worker => worker.BytesReceived);

        void Each(string name, string type, string help, Func<WorkerStatus, double> value)
        {
            text.Family(name, type, help);
            foreach (var worker in workers)
            {
                text.Sample(
                    name, value(worker), ("worker", worker.Id.ToString(CultureInfo.InvariantCulture)), ("name", worker.Name));
            }
        }
    }
}
