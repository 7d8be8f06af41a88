namespace Backprop.Coordinator.Cluster;

/// <summary>Places for workers that make ready.</summary>
internal sealed partial class ClusterRun
{
    /// <summary>Whether one more may make ready; who has been at it for long without a word of it may have to go for that.</summary>
    /// <param name="replaced">Its older connection, which is going.</param>
    internal bool MakePlace(WorkerLink? replaced)
    {
        WorkerLink? longest = null;
        var preparing = 0;
        foreach (var (_, link) in _links)
        {
            if (!link.IsReady && link != replaced)
            {
                preparing++;
                longest = longest is null || link.AskedAt < longest.AskedAt ? link : longest;
            }
        }

        var silence = longest is null ? TimeSpan.Zero : Time.GetElapsedTime(longest.AskedAt);
        switch (PreparingPlaces.Judge(Options.WorkersMaximum, preparing, silence))
        {
            case PlaceVerdict.OfTheLongest:
                longest!.Close($"it has asked for nothing for {silence.TotalSeconds:0} s, and others wait for its place");
                return true;
            case PlaceVerdict.Free:
                return true;
            case PlaceVerdict.None:
                return false;
            default:
                throw new System.Diagnostics.UnreachableException();
        }
    }
}
