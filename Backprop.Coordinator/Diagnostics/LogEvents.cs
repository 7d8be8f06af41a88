using Backprop.Coordinator.Diagnostics.Lines;
using Microsoft.Extensions.Logging;

namespace Backprop.Coordinator.Diagnostics;

#pragma warning disable SYSLIB1015 // Machines are told more than the sentence says.

/// <summary>
/// Every line of a coordinator's log. The ids and names are a promise to scripts: a line may get another wording, never another id.
/// 1000: the run and its coordinator. 2000: workers. 3000: training. 4000: checkpoints. 5000: strangers.
/// </summary>
internal static partial class LogEvents
{
    /// <summary>Lines that come as fast as a small run is, each of which makes the one before old news.</summary>
    public static IReadOnlyList<int> InMasses { get; } = [3002, 3003, 4001];

    /// <summary>Whether a line must not come before one that is held back: an end, how to go on, a checkpoint that failed.</summary>
    public static bool NeedsOrder(int id) => id is 1005 or 1006 or 1007 or 1009 or 4002;

    [LoggerMessage(
        1001, LogLevel.Information,
        "begins {Run}: {Model}, {Parameters}, {Samples}, {Steps} of {Batch} in {Shards}, from step {From}; record {Folder}")]
    public static partial void Begins(
        this ILogger log, string run, string model, Counted parameters, Counted samples, Counted steps, int batch, Counted shards, int from,
        string folder, string identity);

    [LoggerMessage(1002, LogLevel.Information, "listening for workers on {Address}")]
    public static partial void Listening(this ILogger log, string address);

    [LoggerMessage(1003, LogLevel.Information, "status page on http://{Address}/status")]
    public static partial void StatusPage(this ILogger log, string address);

    [LoggerMessage(1004, LogLevel.Information, "stopping after this step, with a checkpoint; once more leaves at once")]
    public static partial void Stopping(this ILogger log);

    [LoggerMessage(
        1005, LogLevel.Information,
        "{Ending}{Loss}{Evaluation}{Best}; {SecondsTraining:F2} s, {SamplesPerSecond:N0} samples/s; weights sha256 {WeightsSha256}; "
        + "record {Folder}")]
    public static partial void Ended(
        this ILogger log, string ending, string status, long steps, LossFigure loss, EvaluationFigures evaluation, EvaluationFigures best,
        long bestStep, double secondsTraining, double samplesPerSecond, string weightsSha256, string folder, int exitCode);

    [LoggerMessage(1006, LogLevel.Error, "{Ending}: {Reason}")]
    public static partial void EndedBadly(
        this ILogger log, string ending, string status, long steps, string reason, LossFigure loss, EvaluationFigures evaluation,
        string weightsSha256, string folder, int exitCode);

    [LoggerMessage(1007, LogLevel.Error, "{Reason}")]
    public static partial void CannotGoOn(this ILogger log, string reason, int exitCode);

    [LoggerMessage(1008, LogLevel.Information, "computing with {Workers}; {Hardware}")]
    public static partial void Computes(this ILogger log, string workers, string hardware);

    [LoggerMessage(1009, LogLevel.Information, "resume: {Command}")]
    public static partial void ResumeWith(this ILogger log, string command);

    [LoggerMessage(1010, LogLevel.Information, "{Text}")]
    public static partial void Said(this ILogger log, string text);

    [LoggerMessage(1011, LogLevel.Warning, "{Text}")]
    public static partial void Warned(this ILogger log, string text);

    [LoggerMessage(
        1012, LogLevel.Warning,
        "this process did not run for {Seconds:F1} s: it was stopped, or the machine was asleep or too busy; workers may have given it up")]
    public static partial void DidNotRun(this ILogger log, double seconds);

    [LoggerMessage(1013, LogLevel.Information, "paused after step {Step}, until it is resumed or stopped")]
    public static partial void Paused(this ILogger log, int step);

    [LoggerMessage(1014, LogLevel.Information, "goes on after step {Step}")]
    public static partial void Resumed(this ILogger log, int step);

    [LoggerMessage(2001, LogLevel.Information, "joined w{Worker} ({Name}, {Address}, {Slots}); {Present}")]
    public static partial void Joined(this ILogger log, int worker, string name, string address, Counted slots, Counted present);

    [LoggerMessage(2002, LogLevel.Information, "left w{Worker} ({Name}), as it wished; {Present}")]
    public static partial void Left(this ILogger log, int worker, string name, Counted present);

    [LoggerMessage(2003, LogLevel.Warning, "lost w{Worker} ({Name}): {Reason}; {Shards} for others; {Present}")]
    public static partial void Lost(this ILogger log, int worker, string name, string reason, Counted shards, Counted present);

    [LoggerMessage(2004, LogLevel.Information, "w{Older} is now w{Worker} ({Name}, {Address}): it connected again")]
    public static partial void Replaced(this ILogger log, int older, int worker, string name, string address);

    [LoggerMessage(2005, LogLevel.Warning, "refused a worker at {Address}: {Reason}")]
    public static partial void Refused(this ILogger log, string address, string reason);

    [LoggerMessage(2006, LogLevel.Warning, "refused {More}: {Reason}")]
    public static partial void RefusedMore(this ILogger log, Counted more, string reason);

    [LoggerMessage(2010, LogLevel.Information, "shards {First} to {Last} of step {Step} again, by w{Worker} ({Name}){Because}")]
    public static partial void Reassigned(this ILogger log, int first, int last, int step, int worker, string name, Because because);

    [LoggerMessage(2011, LogLevel.Warning, "{Shards} again in the last second, {Percent:F0} % of what was computed")]
    public static partial void ReassignedMore(this ILogger log, Counted shards, double percent);

    [LoggerMessage(2012, LogLevel.Warning, "slow w{Worker} ({Name}): step {Step} has waited {Milliseconds:N0} ms for {WaitsFor}")]
    public static partial void Slow(this ILogger log, int worker, string name, int step, double milliseconds, string waitsFor);

    [LoggerMessage(2013, LogLevel.Warning, "{Times} slow in the last second")]
    public static partial void SlowMore(this ILogger log, Counted times);

    /// <summary>At the beginning as it should be, later a warning.</summary>
    [LoggerMessage(EventId = 2020, Message = "waiting: {Present}, {Needed} needed")]
    public static partial void Waiting(this ILogger log, LogLevel level, Counted present, int needed);

    /// <param name="enough">As in <c>enough again</c>.</param>
    [LoggerMessage(2021, LogLevel.Information, "{Enough}: {Present}; the run goes on")]
    public static partial void Enough(this ILogger log, string enough, Counted present);

    [LoggerMessage(2022, LogLevel.Information, "{Idle} without work: there are only {Shards}; more shards (a new run) would use them")]
    public static partial void Idle(this ILogger log, Counted idle, Counted shards);

    [LoggerMessage(2030, LogLevel.Warning, "not finite: w{Worker} ({Name}) gave a gradient that is finite elsewhere: {Times}")]
    public static partial void NotFinite(this ILogger log, int worker, string name, Counted times);

    [LoggerMessage(2031, LogLevel.Warning, "dismissed w{Worker} ({Name}): too many gradients that were not finite")]
    public static partial void Dismissed(this ILogger log, int worker, string name);

    [LoggerMessage(2032, LogLevel.Error, "failed w{Worker} ({Name}): {Reason}")]
    public static partial void Failed(this ILogger log, int worker, string name, string reason);

    [LoggerMessage(
        3001, LogLevel.Information,
        "epoch {Epoch}/{Epochs}, step {Step}/{Steps}: loss {Loss}, rate {Rate:G4}, {SamplesPerSecond:N0} samples/s, "
        + "{EtaSeconds} left, {Present}")]
    public static partial void Progress(
        this ILogger log, int epoch, int epochs, int step, int steps, LossNow loss, double rate, double samplesPerSecond,
        Duration etaSeconds, Counted present);

    [LoggerMessage(
        3002, LogLevel.Information,
        "epoch {Epoch}/{Epochs} done: loss {Loss}, {SamplesPerSecond:N0} samples/s, {Present}{Evaluation}")]
    public static partial void EpochDone(
        this ILogger log, int epoch, int epochs, LossNow loss, double samplesPerSecond, Counted present, EvaluationFigures evaluation,
        int step, bool best);

    [LoggerMessage(3003, LogLevel.Information, "evaluated after step {Step}: {Evaluation}")]
    public static partial void Evaluated(this ILogger log, int step, EvaluationFigures evaluation, bool best);

    [LoggerMessage(4001, LogLevel.Information, "checkpoint {Step} durable: {Path}")]
    public static partial void CheckpointDurable(this ILogger log, long step, string path);

    [LoggerMessage(4002, LogLevel.Warning, "checkpoint {Step} failed: {Reason}")]
    public static partial void CheckpointFailed(this ILogger log, long step, string reason);

    [LoggerMessage(5001, LogLevel.Warning, "refused a stranger at {Address}: {Reason}")]
    public static partial void StrangerRefused(this ILogger log, string address, string reason);

    [LoggerMessage(5002, LogLevel.Warning, "refused {More}: {Reason}")]
    public static partial void StrangersRefusedMore(this ILogger log, Counted more, string reason);

    [LoggerMessage(5005, LogLevel.Warning, "nothing between this machine and its workers is encrypted, the token included")]
    public static partial void NotEncrypted(this ILogger log);

    [LoggerMessage(5003, LogLevel.Warning, "nobody new is let in for now: {Reason}")]
    public static partial void DoorClosed(this ILogger log, string reason);
}
