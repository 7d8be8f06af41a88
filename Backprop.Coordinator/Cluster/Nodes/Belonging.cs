using Backprop.Shared.Protocol;

namespace Backprop.Coordinator.Cluster.Nodes;

/// <summary>
/// Looks whether a member still belongs: one that was cut off may have been removed, or its cluster may have been formed anew, and nobody
/// can tell it so but who coordinates.
/// </summary>
internal sealed class Belonging(NodeContext node, Membership membership)
{
    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(2);

    /// <summary>A coordinator commands at least every two seconds.</summary>
    private static readonly TimeSpan Silence = TimeSpan.FromSeconds(8);

    /// <summary>Looks until the node is a member no more.</summary>
    public async Task WatchAsync(CancellationToken ending)
    {
        var meeting = new Meeting(node);
        try
        {
            while (true)
            {
                await Task.Delay(LookEvery, node.Time, ending);
                if (node.Coordination.Here is not null || node.Time.GetElapsedTime(node.Coordination.HeardAt) < Silence)
                {
                    continue;
                }

                if (!await IsInAsync(meeting, ending) && node.Coordination.Here is null)
                {
                    node.Rejoin();
                    return;
                }
            }
        }
        catch (OperationCanceledException)
        {
            // It is a member no more.
        }
    }

    /// <summary>Whatever goes wrong with the asking, the next look is another try: nobody begins this watch again.</summary>
    private async Task<bool> IsInAsync(Meeting meeting, CancellationToken ending)
    {
        try
        {
            var result = await meeting.AskAsync([.. node.Folder.Peers], ending);
            return result.Member is not { } member
                || (member.Cluster == node.Folder.Cluster && member.Seeds.Contains(membership.Address));
        }
        catch (Exception) when (!ending.IsCancellationRequested)
        {
            return true;
        }
    }
}
