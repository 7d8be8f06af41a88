using Backprop.Coordinator.Core;
using Backprop.Shared.Primitives;

namespace Backprop.Coordinator.Training;

/// <summary>What carries a run from its first weights to its end: one process, or a coordinator with worker processes.</summary>
internal interface IRunEngine : IDisposable
{
    /// <summary>How the run ended.</summary>
    RunOutcome Outcome { get; }

    /// <summary>How many steps are committed.</summary>
    int Completed { get; }

    /// <summary>The failure that ended the run, as a sentence for people; null where there was none.</summary>
    UserException? Failure { get; }

    /// <summary>Bytes, workers and shards, for the summary.</summary>
    RunTraffic Traffic { get; }

    /// <summary>Runs to the end.</summary>
    void Execute();

    /// <summary>Asks the run to stop after its step, with a checkpoint. From any thread.</summary>
    void RequestStop();

    /// <summary>Asks the run to stand still after its step, with a checkpoint, until it is resumed or stopped. From any thread.</summary>
    void Pause();

    /// <summary>Lets a run that pauses go on. From any thread.</summary>
    void Resume();

    /// <summary>Asks for a checkpoint after the step; of a run that pauses, now. From any thread.</summary>
    void RequestCheckpoint();

    /// <summary>Ends the run: what it did cannot be written down. From any thread.</summary>
    void StopForStorage(UserException problem);
}

/// <summary>What a run cost beside arithmetic.</summary>
/// <param name="Workers">The most workers that were there at once.</param>
/// <param name="BytesSent">From the coordinator to its workers.</param>
/// <param name="BytesReceived">From the workers.</param>
/// <param name="WorkersJoined">How often a worker was admitted.</param>
/// <param name="WorkersLost">How often one was lost; those that left by their own wish are not.</param>
/// <param name="ShardsComputedAgain">Shards that were given a second time within their step.</param>
internal readonly record struct RunTraffic(
    int Workers, long BytesSent, long BytesReceived, long WorkersJoined, long WorkersLost, long ShardsComputedAgain);
