using Backprop.Shared.Primitives;

namespace Backprop.Coordinator.Shell;

/// <summary>What ended a run before its time. The first thing that went wrong counts; the rest follows from it. From any thread.</summary>
internal sealed class RunFailure
{
    private Exception? _first;

    /// <summary>Something went wrong.</summary>
    public bool IsThere => Volatile.Read(ref _first) is not null;

    /// <summary>Something went wrong.</summary>
    /// <returns>True where it was the first.</returns>
    public bool Note(Exception exception) => Interlocked.CompareExchange(ref _first, exception, null) is null;

    /// <summary>The same as a sentence for people; null where nothing went wrong.</summary>
    /// <param name="step">The step in which it did.</param>
    public UserException? Sentence(int step) => Volatile.Read(ref _first) switch
    {
        null => null,
        UserException known => known,
        { } unknown => new UserException(
            ExitCode.Unexpected, $"The run failed at step {step}: {unknown.GetType().Name}: {Shown.Reason(unknown)}", unknown),
    };
}
