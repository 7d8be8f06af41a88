using System.Globalization;
using Backprop.Coordinator.Diagnostics;

namespace Backprop.Coordinator.Progress;

/// <summary>What happens to a training's worker processes, in the lines between its progress.</summary>
internal sealed class DisplayLog(Action<string> said) : IClusterLog
{
    public void Listening(string address)
    {
        // Only its own processes connect here.
    }

    public void Joined(WorkerInfo worker, int present) => said($"joined {Name(worker)}; {Workers(present)}");

    public void Left(WorkerInfo worker, int present) => said($"left {Name(worker)}; {Workers(present)}");

    public void Lost(WorkerInfo worker, string reason, int shards, int present) =>
        said($"lost {Name(worker)}: {reason}; {(shards > 0 ? $"its {shards} shards go to others; " : "")}{Workers(present)}");

    public void Replaced(WorkerInfo older, WorkerInfo newer) => said($"{Name(newer)} came back for {Name(older)}");

    public void Refused(string address, string reason, bool stranger) => said($"refused {address}: {reason}");

    public void Reassigned(int step, int first, int count, WorkerInfo to)
    {
        // Losses are said; late spans are the scheduler's daily work.
    }

    public void Slow(WorkerInfo worker, int step, double milliseconds, string waitsFor) =>
        said(string.Create(CultureInfo.InvariantCulture, $"step {step} waits for {Name(worker)} since {milliseconds:0} ms: {waitsFor}"));

    public void Waiting(int present, int needed) => said($"waiting for workers: {present} of {needed}");

    public void Enough(int present) => said($"going on with {Workers(present)}");

    public void Idle(int idle, int shards) =>
        said($"{idle} workers have nothing to do: there are only {shards} shards; more shards (a new run) would use them");

    public void NotFinite(WorkerInfo worker, int times) =>
        said($"{Name(worker)} gave a gradient that is not finite where another's was: {times} times");

    public void Dismissed(WorkerInfo worker) => said($"dismissed {Name(worker)}");

    public void Failed(WorkerInfo worker, string message) => said($"{Name(worker)} failed: {message}");

    private static string Name(WorkerInfo worker) => $"w{worker.Id} ({worker.Name})";

    private static string Workers(int count) => $"{count} worker{(count == 1 ? "" : "s")}";
}
