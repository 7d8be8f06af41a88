namespace Backprop.Tests.Simulation.Record;

/// <summary>The ways in which nodes lose each other: for a while, and not always both ways.</summary>
internal static class RecordCuts
{
    private const long LastsMinimum = 1_000_000;

    public static void Draw(RecordWorld world, RecordNode node)
    {
        world.Counts.Cuts++;
        var other = world.Nodes[world.Random.Below(world.Nodes.Count)];
        var group = world.Random.Next();
        switch (world.Random.Between(0, 4))
        {
            case 0:
                Cut(world, $"{node.Id} is alone", (from, to) => from == node || to == node);
                break;
            case 1:
                Cut(world, $"{node.Id} is not heard", (from, _) => from == node);
                break;
            case 2:
                Cut(world, $"{node.Id} hears nobody", (_, to) => to == node);
                break;
            case 3:
                Cut(world, $"{node.Id} is not heard by {other.Id}", (from, to) => from == node && to == other);
                break;
            default:
                Cut(world, $"two groups: {group & 31:b5}", (from, to) => ((group >> from.Index) & 1) != ((group >> to.Index) & 1));
                break;
        }
    }

    /// <summary>Cuts some ways for a while.</summary>
    private static void Cut(RecordWorld world, string what, Func<RecordNode, RecordNode, bool> isCut)
    {
        world.Note(what);
        List<(RecordNode From, RecordNode To)> ways =
            [.. from one in world.Nodes from other in world.Nodes where one != other && isCut(one, other) select (one, other)];
        foreach (var (from, to) in ways)
        {
            world.Network.Cut(from, to);
        }

        world.Plan(world.Random.Duration(LastsMinimum, 4 * LastsMinimum), () =>
        {
            world.Note($"no more: {what}");
            foreach (var (from, to) in ways)
            {
                world.Network.Mend(from, to);
            }
        });
    }
}
