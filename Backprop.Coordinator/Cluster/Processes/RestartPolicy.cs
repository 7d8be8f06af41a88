namespace Backprop.Coordinator.Cluster.Processes;

/// <summary>
/// When a worker process that ended is started again. One that had become ready is back soon; one that ended before that would do so
/// again, so the pauses grow. After three such starts a training gives up, and a node goes on at the longest pause.
/// </summary>
/// <param name="endsTheRun">Whether a worker that cannot work ends what it works for (a training), or is tried again (a node).</param>
internal sealed class RestartPolicy(bool endsTheRun)
{
    /// <summary>So many starts in succession that led to nothing are enough.</summary>
    public const int FruitlessMaximum = 3;

    /// <summary>After a worker that was ready, and after the first fruitless start.</summary>
    public static readonly TimeSpan ShortestPause = TimeSpan.FromSeconds(0.2);

    /// <summary>Between starts that help nothing.</summary>
    public static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(10);

    /// <summary>How often in succession it ended before it was ready.</summary>
    public int Fruitless { get; private set; }

    /// <summary>From when on it may be started.</summary>
    public TimeSpan StartsAt { get; private set; }

    /// <summary>It is not started again.</summary>
    public bool HasGivenUp { get; private set; }

    /// <summary>The process ended by itself.</summary>
    /// <param name="now">The time, from any beginning.</param>
    /// <returns>The pause before its next start; null: it is not started again.</returns>
    public TimeSpan? Ended(ProcessEnd end, bool wasReady, TimeSpan now)
    {
        Fruitless = wasReady ? 0 : Fruitless + 1;
        return PauseFrom(now, isHopeless: end.CannotTakePart || Fruitless >= FruitlessMaximum);
    }

    /// <summary>There is no program to start, or the system starts none.</summary>
    /// <returns>As of <see cref="Ended"/>.</returns>
    public TimeSpan? NotStarted(TimeSpan now)
    {
        Fruitless++;
        return PauseFrom(now, isHopeless: true);
    }

    /// <summary>It left because it was asked to: when it is wanted again, it starts without a pause.</summary>
    public void Left(TimeSpan now) => (Fruitless, StartsAt) = (0, now);

    private TimeSpan? PauseFrom(TimeSpan now, bool isHopeless)
    {
        if (isHopeless && endsTheRun)
        {
            HasGivenUp = true;
            return null;
        }

        var pause = isHopeless ? LongestPause : ShortestPause * (1 << Math.Max(0, Fruitless - 1));
        StartsAt = now + pause;
        return pause;
    }
}
