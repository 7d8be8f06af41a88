namespace Backprop.Coordinator.Cluster.Sessions;

/// <summary>
/// How many workers may be making ready at once: as many as may take part, and some more. Who knows the token, or is on this machine, can
/// so not cost threads and memory without end. Pure.
/// </summary>
internal static class PreparingPlaces
{
    /// <summary>Beyond the maximum of workers: those that come back while their old connection is not known to be dead.</summary>
    public const int Spare = 16;

    /// <summary>Who has asked for nothing for so long gives way, when there is no other place.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    /// <param name="workersMaximum">So many may take part.</param>
    /// <param name="preparing">So many are making ready.</param>
    /// <param name="longest">How long the most silent of them has asked for nothing: no piece of a file, and it has not said Ready.</param>
    public static PlaceVerdict Judge(int workersMaximum, int preparing, TimeSpan longest) =>
        preparing < workersMaximum + Spare ? PlaceVerdict.Free
        : longest >= Patience ? PlaceVerdict.OfTheLongest
        : PlaceVerdict.None;
}

/// <summary>Whether one more worker may make ready.</summary>
internal enum PlaceVerdict
{
    /// <summary>There is a place.</summary>
    Free,

    /// <summary>The one that has asked for nothing for longest has to go.</summary>
    OfTheLongest,

    /// <summary>There is none.</summary>
    None,
}
