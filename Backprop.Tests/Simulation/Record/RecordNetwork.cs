using Backprop.Coordinator.Cluster.Record;

namespace Backprop.Tests.Simulation.Record;

/// <summary>
/// What lies between the nodes. Every message travels for itself: it is late, lost, doubled or overtaken; an answer to a node's former life
/// reaches the next one.
/// </summary>
internal sealed class RecordNetwork(RecordWorld world)
{
    private readonly int[,] _cuts = new int[world.Options.Nodes, world.Options.Nodes];

    /// <summary>Messages are lost, doubled and late.</summary>
    public bool IsFaulty { get; set; } = true;

    public void Send(RecordNode from, RecordNode to, RecordInput input)
    {
        world.Checks.OnSaid(from, input);
        var options = world.Options;
        if (_cuts[from.Index, to.Index] > 0 || (IsFaulty && world.Random.Chance(options.LossProbability)))
        {
            world.Counts.Lost++;
            return;
        }

        world.PlanMessage(to, input, Delay());
        if (IsFaulty && world.Random.Chance(options.DuplicationProbability))
        {
            world.Counts.Doubled++;
            world.PlanMessage(to, input, Delay());
        }
    }

    /// <summary>How long a message takes.</summary>
    public long Delay()
    {
        var options = world.Options;
        var delay = options.DelayMinimum + world.Random.Between(0, (int)(2 * options.DelayMean));
        return IsFaulty && world.Random.Chance(options.LateProbability)
            ? delay + world.Random.Between(0, (int)options.LateMaximum)
            : delay;
    }

    public bool IsCut(RecordNode from, RecordNode to) => _cuts[from.Index, to.Index] > 0;

    /// <summary>Nothing leaves one for the other any more.</summary>
    public void Cut(RecordNode from, RecordNode to) => _cuts[from.Index, to.Index]++;

    /// <summary>One cut less; where others overlap with it, the way stays cut.</summary>
    public void Mend(RecordNode from, RecordNode to) => _cuts[from.Index, to.Index] = Math.Max(0, _cuts[from.Index, to.Index] - 1);

    public void MendAll() => Array.Clear(_cuts);
}
