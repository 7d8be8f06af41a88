using System.Globalization;

namespace Backprop.Coordinator.Cluster.Processes;

/// <summary>A worker process has ended while others may go on.</summary>
/// <param name="Number">The worker's, from 1 on.</param>
/// <param name="ProcessId">0: it could not even be started.</param>
/// <param name="Code">Its exit code; of one that a signal ended, 128 and the signal's number.</param>
/// <param name="How">The same in words.</param>
/// <param name="Said">The last lines that it wrote to standard error.</param>
/// <param name="WasAsked">It was asked to leave.</param>
/// <param name="StartsAgainIn">When it is started again; null: not, or when it is wanted again.</param>
/// <param name="Fruitless">How often in succession it ended before it was ready.</param>
internal sealed record WorkerEnd(
    int Number, string Name, int ProcessId, int Code, string How, IReadOnlyList<string> Said, bool WasAsked, TimeSpan? StartsAgainIn,
    int Fruitless)
{
    /// <summary>Its last line, as a sentence of its own; empty: it said nothing.</summary>
    public string LastWords => Said.Count == 0 ? "" : $"It said last: {Stopped(Said[^1])}";

    /// <summary>Why it cannot work, in its own words if it said any.</summary>
    public string Reason => Stopped(Said.Count == 0 ? How : Said[^1].Replace("backprop-worker: ", "", StringComparison.Ordinal));

    /// <summary>For the log.</summary>
    public string Sentence
    {
        get
        {
            var process = ProcessId == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $" (pid {ProcessId})");
            var what = $"worker process {Name}{process} {(WasAsked ? "left" : "ended")}: {How}";
            return $"{what}{Again}. {(WasAsked ? "" : LastWords)}".TrimEnd();
        }
    }

    private static string Stopped(string line) => line.EndsWith('.') ? line : $"{line}.";

    private string Again => StartsAgainIn is not { } pause ? ""
        : string.Create(CultureInfo.InvariantCulture, $"; started again in {pause.TotalSeconds:0.0} s")
        + (Fruitless != RestartPolicy.FruitlessMaximum ? "" : string.Create(
            CultureInfo.InvariantCulture,
            $", and from now on only so often, for it ended {Fruitless} times before it was ready"));
}
