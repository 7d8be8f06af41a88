using Backprop.Coordinator.Core;

namespace Backprop.Coordinator.Training;

/// <summary>
/// Measures steps: after a warm-up, for so many seconds, then asks the run to stop. What is allocated is counted over all threads.
/// </summary>
internal sealed class BenchObserver(double seconds, int warmUpSteps, double warmUpSeconds) : IRunObserver
{
    private readonly StepTimes _times = new(1 << 18);
    private double _warmed;
    private int _warmedSteps;
    private long _allocatedBefore = -1;

    /// <summary>Asks the run to stop; to be set before it begins.</summary>
    public Action Stop { get; set; } = () => { };

    /// <summary>Says what has been sent and received so far; to be set before it begins.</summary>
    public Func<RunTraffic> TrafficOf { get; set; } = () => default;

    /// <summary>Bytes that went to workers in the measured steps.</summary>
    public long BytesSent { get; private set; }

    /// <summary>Bytes that came from workers in the measured steps.</summary>
    public long BytesReceived { get; private set; }

    /// <summary>The measured steps.</summary>
    public StepTimes Times => _times;

    /// <summary>Their forward and backward passes.</summary>
    public StepTimes Compute { get; } = new(1 << 18);

    /// <summary>Their folds over the spans, and norms.</summary>
    public StepTimes Reduce { get; } = new(1 << 18);

    /// <summary>Their averaging and updates.</summary>
    public StepTimes Update { get; } = new(1 << 18);

    /// <summary>Bytes allocated on the managed heap by all threads in the measured steps.</summary>
    public long AllocatedBytes { get; private set; }

    /// <inheritdoc/>
    public void Committed(in StepReport step, ReadOnlySpan<AcceptedSpan> answers)
    {
        if (_warmedSteps < warmUpSteps || _warmed < warmUpSeconds)
        {
            _warmedSteps++;
            _warmed += step.StepMilliseconds / 1000;
            return;
        }

        if (_allocatedBefore < 0)
        {
            var traffic = TrafficOf();
            (BytesSent, BytesReceived) = (-traffic.BytesSent, -traffic.BytesReceived);
            _allocatedBefore = GC.GetTotalAllocatedBytes(precise: true);
            return;
        }

        if (_times.Seconds < seconds || _times.Count < 3)
        {
            _times.Add(step.StepMilliseconds, step.Samples);
            Compute.Add(step.ComputeMilliseconds, step.Samples);
            Reduce.Add(step.ReduceMilliseconds, step.Samples);
            Update.Add(step.UpdateMilliseconds, step.Samples);
            if (_times.Seconds >= seconds && _times.Count >= 3)
            {
                AllocatedBytes = GC.GetTotalAllocatedBytes(precise: true) - _allocatedBefore;
                var traffic = TrafficOf();
                (BytesSent, BytesReceived) = (BytesSent + traffic.BytesSent, BytesReceived + traffic.BytesReceived);
                Stop();
            }
        }
    }

    /// <inheritdoc/>
    public bool Evaluated(int step, double[] results) => false;

    /// <inheritdoc/>
    public void Checkpoint(in StepReport step, bool best, Action<bool> done) => done(true);

    /// <inheritdoc/>
    public void Said(string line) => Console.Error.WriteLine(line);
}
