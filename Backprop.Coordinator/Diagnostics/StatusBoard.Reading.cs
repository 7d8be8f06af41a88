namespace Backprop.Coordinator.Diagnostics;

/// <summary>What readers see.</summary>
internal sealed partial class StatusBoard
{
    /// <summary>The words for <see cref="WorkerState"/>, in its order.</summary>
    internal static readonly string[] StateNames = [.. Enum.GetNames<WorkerState>().Select(name => name.ToLowerInvariant())];

    private long _sentShown;
    private long _receivedShown;

    /// <inheritdoc/>
    public ClusterStatus Read()
    {
        // What is allocated, is allocated outside the lock; one more worker in between is no reason to begin again.
        var milliseconds = new double[StepsKept];
        Seen[] seen;
        int count;
        Numbers now;
        do
        {
            seen = new Seen[_workers.Count + 4];
        }
        while ((count = Copy(seen, milliseconds, out now)) < 0);

        var kept = (int)Math.Min(now.Committed, StepsKept);
        Array.Sort(milliseconds, 0, kept);
        var (sent, received) = (now.GoneSent, now.GoneReceived);
        var workers = new WorkerStatus[count];
        for (var i = 0; i < count; i++)
        {
            var link = seen[i].Link();
            workers[i] = Describe(seen[i], link);
            sent += link.BytesSent;
            received += link.BytesReceived;
        }

        Array.Sort(workers, (left, right) => left.Id.CompareTo(right.Id));
        return new ClusterStatus
        {
            Run = _run,
            Identity = _identity,
            Version = ProgramVersion.Text,
            Phase = now.Phase,
            Step = now.Step,
            Steps = _rules.Steps,
            Epoch = now.Epoch,
            Epochs = EpochsAfter(_rules.Steps),
            Loss = _progress.Loss,
            StepLoss = now.StepLoss,
            Rate = now.Rate,
            Evaluation = _progress.Last?.Results ?? new Dictionary<string, double>(),
            Best = _progress.Best?.Results ?? new Dictionary<string, double>(),
            BestStep = _progress.Best?.Step ?? 0,
            CheckpointStep = now.CheckpointStep,
            SamplesPerSecond = Math.Round(IsOver(now) ? 0 : _progress.SamplesPerSecond, 1),
            SecondsLeft = IsOver(now) ? 0 : Math.Round(_progress.SecondsLeft, 1),
            MedianStepMilliseconds = Quantile(milliseconds, kept, 0.5),
            P95StepMilliseconds = Quantile(milliseconds, kept, 0.95),
            WorkersMinimum = _rules.WorkersMinimum,
            WorkersMaximum = _rules.WorkersMaximum,
            WorkersPresent = workers.Count(worker => worker.State != StateNames[(int)WorkerState.Preparing]),
            StepsCommitted = now.Committed,
            SamplesCommitted = now.Samples,
            SecondsTraining = now.Seconds,
            BytesSent = NeverLess(ref _sentShown, sent),
            BytesReceived = NeverLess(ref _receivedShown, received),
            WorkersJoined = now.Joined,
            WorkersLost = now.Lost,
            ShardsComputedAgain = now.Again,
            AnswersDropped = now.Dropped,
            Workers = workers,
        };
    }

    private static bool IsOver(in Numbers now) => now.Phase is "completed" or "stopped" or "diverged" or "failed";

    private static double Quantile(double[] sorted, int count, double share) =>
        count == 0 ? 0 : Math.Round(sorted[Math.Min(count - 1, (int)(share * count))], 4);

    /// <summary>Under the lock.</summary>
    /// <returns>How many workers there are; negative where there is no room for them.</returns>
    private int Copy(Seen[] seen, double[] milliseconds, out Numbers now)
    {
        lock (_gate)
        {
            now = _now;
            if (_workers.Count > seen.Length)
            {
                return -1;
            }

            var count = 0;
            foreach (var worker in _workers.Values)
            {
                seen[count++] = new Seen(worker.Info, worker.Link, worker.State, worker.Speed ?? Share(worker), worker.Shards);
            }

            _milliseconds.CopyTo(milliseconds, 0);
            return count;
        }
    }

    /// <summary>Of threads of one process nobody measures the speed of each: it is its share of the run's. Under the lock.</summary>
    private double Share(Entry worker) =>
        _workers.Values.Sum(each => each.Shards) is > 0 and var all ? _progress.SamplesPerSecond * worker.Shards / all : 0;

    private WorkerStatus Describe(in Seen seen, LinkFigures link) => new()
    {
        Id = seen.Info.Id,
        Name = seen.Info.Name,
        Address = seen.Info.Address,
        State = StateNames[(int)seen.State],
        Slots = seen.Info.Slots,
        SamplesPerSecond = Math.Round(seen.Speed, 1),
        Shards = seen.Shards,
        BytesSent = link.BytesSent,
        BytesReceived = link.BytesReceived,
        LastHeardSeconds = Math.Round(Math.Max(0, _time.GetElapsedTime(link.HeardAt).TotalSeconds), 3),
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

    private readonly record struct Seen(WorkerInfo Info, Func<LinkFigures> Link, WorkerState State, double Speed, long Shards);
}
