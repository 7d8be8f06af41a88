using Backprop.Coordinator.Core;
using Backprop.Coordinator.Training;
using Backprop.Shared.Primitives;

namespace Backprop.Coordinator.Diagnostics;

/// <summary>What readers see of a run: copied from its board, reckoned afterwards, so that no step waits for a reader.</summary>
/// <param name="run">The run's name.</param>
/// <param name="identity">Its identity, as people see it.</param>
/// <param name="rules">Its length, and the bounds on its workers.</param>
/// <param name="board">Where it is written.</param>
/// <param name="progress">How far, how good and how fast it is, and who takes part.</param>
/// <param name="time">The clock whose time stamps the links keep.</param>
internal sealed class StatusReader(
    string run, string identity, Rules rules, StatusBoard board, RunProgress progress, TimeProvider time) : IStatusSource
{
    /// <summary>The words for <see cref="WorkerState"/>, in its order.</summary>
    internal static readonly string[] StateNames = [.. Enum.GetNames<WorkerState>().Select(name => name.ToLowerInvariant())];

    private readonly Lock _gate = new();
    private long _sentShown;
    private long _receivedShown;

    /// <inheritdoc/>
    public ClusterStatus Read()
    {
        var milliseconds = new double[StatusBoard.StepsKept];
        var now = board.Copy(milliseconds);
        var counts = board.Workers.Copy(out var entries);
        var kept = (int)Math.Min(now.Committed, StatusBoard.StepsKept);
        Array.Sort(milliseconds, 0, kept);
        var (sent, received) = (counts.GoneSent, counts.GoneReceived);
        var workers = Describe(entries, ref sent, ref received);
        return new ClusterStatus
        {
            Run = run,
            Identity = identity,
            Version = ProgramVersion.Text,
            Phase = now.Phase,
            Step = now.Step,
            Steps = rules.Steps,
            Epoch = now.Epoch,
            Epochs = rules.EpochOf(rules.Steps),
            Loss = progress.Loss,
            StepLoss = now.StepLoss,
            Rate = now.Rate,
            Evaluation = progress.Last?.Results ?? new Dictionary<string, double>(),
            Best = progress.Best?.Results ?? new Dictionary<string, double>(),
            BestStep = progress.Best?.Step ?? 0,
            CheckpointStep = now.CheckpointStep,
            SamplesPerSecond = Math.Round(IsOver(now) ? 0 : progress.SamplesPerSecond, 1),
            SecondsLeft = IsOver(now) ? 0 : Math.Round(progress.SecondsLeft, 1),
            MedianStepMilliseconds = Quantile(milliseconds, kept, 0.5),
            P95StepMilliseconds = Quantile(milliseconds, kept, 0.95),
            WorkersMinimum = rules.WorkersMinimum,
            WorkersMaximum = rules.WorkersMaximum,
            WorkersPresent = progress.Attendance.Present,
            StepsCommitted = now.Committed,
            SamplesCommitted = now.Samples,
            SecondsTraining = now.Seconds,
            BytesSent = NeverLess(ref _sentShown, sent),
            BytesReceived = NeverLess(ref _receivedShown, received),
            WorkersJoined = counts.Joined,
            WorkersLost = counts.Lost,
            ShardsComputedAgain = counts.Again,
            AnswersDropped = counts.Dropped,
            Workers = workers,
        };
    }

    private static bool IsOver(in RunNumbers now) => now.Phase is "completed" or "stopped" or "diverged" or "failed";

    private static double Quantile(double[] sorted, int count, double share) =>
        count == 0 ? 0 : Math.Round(sorted[Math.Min(count - 1, (int)(share * count))], 4);

    /// <summary>The workers by id; their bytes are added to the sums.</summary>
    private WorkerStatus[] Describe(ReadOnlySpan<WorkerEntry> entries, ref long sent, ref long received)
    {
        var shards = 0L;
        foreach (var entry in entries)
        {
            shards += entry.Shards;
        }

        var workers = new WorkerStatus[entries.Length];
        for (var i = 0; i < workers.Length; i++)
        {
            // Of threads of one process nobody measures the speed of each: it is its share of the run's.
            var speed = entries[i].Speed ?? (shards > 0 ? progress.SamplesPerSecond * entries[i].Shards / shards : 0);
            workers[i] = Describe(entries[i], speed, entries[i].Link());
            sent += workers[i].BytesSent;
            received += workers[i].BytesReceived;
        }

        Array.Sort(workers, (left, right) => left.Id.CompareTo(right.Id));
        return workers;
    }

    private WorkerStatus Describe(in WorkerEntry worker, double speed, LinkFigures link) => new()
    {
        Id = worker.Info.Id,
        Name = worker.Info.Name,
        Address = worker.Info.Address,
        State = StateNames[(int)worker.State],
        Slots = worker.Info.Slots,
        SamplesPerSecond = Math.Round(speed, 1),
        Shards = worker.Shards,
        BytesSent = link.BytesSent,
        BytesReceived = link.BytesReceived,
        LastHeardSeconds = Math.Round(Math.Max(0, time.GetElapsedTime(link.HeardAt).TotalSeconds), 3),
    };

    /// <summary>
    /// A link that is read while it closes may count a little more than was kept of it; a counter must not fall for that.
    /// </summary>
    private long NeverLess(ref long shown, long value)
    {
        lock (_gate)
        {
            return shown = Math.Max(shown, value);
        }
    }
}
