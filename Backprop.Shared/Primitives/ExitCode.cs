namespace Backprop.Shared.Primitives;

/// <summary>What a process tells the shell that started it. The numbers are a promise: scripts depend on them.</summary>
public enum ExitCode
{
    /// <summary>Done.</summary>
    Done = 0,

    /// <summary>Something unexpected, or a layer that threw.</summary>
    Unexpected = 1,

    /// <summary>The command line, the run file or the data is wrong.</summary>
    Usage = 2,

    /// <summary>The training diverged: a value became NaN or infinite.</summary>
    Diverged = 3,

    /// <summary>Too few workers came in time.</summary>
    TooFewWorkers = 4,

    /// <summary>Storage failed: a full disk, a damaged checkpoint.</summary>
    Storage = 5,

    /// <summary>Authentication failed.</summary>
    Authentication = 6,

    /// <summary>Another version or identity: a checkpoint of another model or run.</summary>
    Mismatch = 7,

    /// <summary>The coordinator dismissed this worker.</summary>
    Dismissed = 8,

    /// <summary>The coordinator cannot be reached.</summary>
    Unreachable = 9,

    /// <summary>This node ceased to coordinate while its training could not be stopped.</summary>
    Fenced = 10,

    /// <summary>Stopped by Ctrl+C, with a checkpoint.</summary>
    Interrupted = 130,

    /// <summary>Drained on SIGTERM.</summary>
    Drained = 143,
}
