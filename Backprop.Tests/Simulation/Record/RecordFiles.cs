using System.Collections.Immutable;
using Backprop.Coordinator.Cluster.Orders;
using Backprop.Coordinator.Cluster.Record;

namespace Backprop.Tests.Simulation.Record;

/// <summary>The files that entries name: a node fetches them before it takes the entry.</summary>
internal sealed class RecordFiles(RecordWorld world)
{
    /// <summary>So long a fetch takes at least once nothing goes wrong; some take longer.</summary>
    private const long FetchHealed = 20_000;

    private int _made;

    /// <summary>A new file on a node's disk, for an entry that it will propose.</summary>
    public ImmutableList<KeptFile> Make(RecordNode node)
    {
        var path = $"file-{_made++}";
        node.Disk.Files.Add(path);
        return [new KeptFile(path, 1, path)];
    }

    /// <summary>What of a message the node can take: up to the first entry of which it lacks a file. It fetches the rest.</summary>
    public RecordInput.EntriesCame Trim(RecordNode node, RecordInput.EntriesCame came)
    {
        came = world.Saboteur.Feed(node, came);
        if (world.Saboteur.Sabotage == RecordSabotage.FilesNotFetched)
        {
            return came;
        }

        var (place, complete) = (0, came.Entries.Count);
        foreach (var entry in came.Entries)
        {
            if (!node.Disk.HasFilesOf(entry))
            {
                complete = Math.Min(complete, place);
                Fetch(node, entry, world.NodeOf(came.From));
            }

            place++;
        }

        if (complete == came.Entries.Count)
        {
            return came;
        }

        node.Awaiting = came;
        return came with { Entries = came.Entries.GetRange(0, complete) };
    }

    /// <summary>A file has come, unless its sender died, or is cut off, or the disk has no room.</summary>
    public void OnFetched(RecordNode node, string path, RecordNode from)
    {
        node.Fetching.Remove(path);
        if (from.IsUp && !world.Network.IsCut(from, node) && !node.Disk.IsFull && from.Disk.Files.Contains(path))
        {
            node.Disk.Files.Add(path);
            world.Counts.Fetched++;
            if (node.Awaiting is { } came)
            {
                node.Awaiting = null;
                node.Receive(came);
            }
        }
    }

    private void Fetch(RecordNode node, RecordEntry entry, RecordNode from)
    {
        foreach (var file in entry.What.Kept!)
        {
            if (!node.Disk.Files.Contains(file.Path) && node.Fetching.Add(file.Path))
            {
                var least = world.IsHealed ? Math.Min(world.Options.FetchMinimum, FetchHealed) : world.Options.FetchMinimum;
                world.PlanFetched(node, file.Path, from, world.Random.Duration(least, least));
            }
        }
    }
}
