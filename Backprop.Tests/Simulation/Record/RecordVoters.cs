using Backprop.Coordinator.Cluster.Orders;

namespace Backprop.Tests.Simulation.Record;

/// <summary>
/// Who decides: the first leader names all that have its record as soon as there are three; later voters are added and removed one by one,
/// never so that those who will not come back are missing to a majority.
/// </summary>
internal sealed class RecordVoters(RecordWorld world)
{
    private const long Period = 500_000;

    /// <summary>Voters are changed at random.</summary>
    public bool Changes { get; set; } = true;

    /// <summary>Looks whether voters are to be changed, and looks again later.</summary>
    public void Look()
    {
        world.Plan(Period, Look);
        foreach (var node in world.Nodes)
        {
            if (node.IsAwake && (node.State.IsOpen || (Sabotaged && node.State.Leads)))
            {
                Look(node);
            }
        }
    }

    /// <summary>Whether those who have not gone for good could lose one more, whatever configuration comes out.</summary>
    public bool MayGo(RecordNode node) => world.Nodes.All(other => other.Disk.Log
        .Skip(world.Checks.History.ConfiguredAt)
        .Where(entry => entry.What.Kind == EntryKind.Configured)
        .All(entry => CanDecide(entry.What.Voters!, node)));

    private bool Sabotaged => world.Saboteur.Sabotage == RecordSabotage.VotersAtWill;

    private void Look(RecordNode leader)
    {
        var voters = leader.State.Voters;
        var ready = world.Nodes.Where(node => node == leader || HasAll(leader, node)).Select(node => node.Id).ToList();
        if (voters.Count == 1 && ready.Count >= 3)
        {
            Propose(leader, ready);
        }
        else if (Changes && Sabotaged && world.Random.Chance(0.2))
        {
            Propose(leader, [leader.Id, .. world.Nodes.Where(_ => world.Random.Chance(0.4)).Select(node => node.Id).Except([leader.Id])]);
        }
        else if (Changes && world.Options.ChangesVoters && world.Random.Chance(0.1))
        {
            ChangeOne(leader, voters, ready);
        }
    }

    private void ChangeOne(RecordNode leader, IReadOnlyList<string> voters, List<string> ready)
    {
        var gone = voters.FirstOrDefault(voter => world.NodeOf(voter).IsGone);
        var added = ready.Except(voters).FirstOrDefault();
        if (gone is not null)
        {
            Propose(leader, [.. voters.Except([gone])]);
        }
        else if (added is not null && world.Random.Chance(0.7))
        {
            Propose(leader, [.. voters, added]);
        }
        else
        {
            var removed = voters[world.Random.Below(voters.Count)];
            if (removed != leader.Id)
            {
                Propose(leader, [.. voters.Except([removed])]);
            }
        }
    }

    private void Propose(RecordNode leader, IReadOnlyList<string> voters)
    {
        if (CanDecide(voters, null))
        {
            leader.Propose(new OrderEntry(EntryKind.Configured) { Voters = voters });
        }
    }

    private static bool HasAll(RecordNode leader, RecordNode other) =>
        !other.IsGone && leader.State.Peers.TryGetValue(other.Id, out var peer) && peer.Matched == leader.State.Log.Count;

    private bool CanDecide(IReadOnlyList<string> voters, RecordNode? without)
    {
        var left = voters.Count(voter => world.NodeOf(voter) is var node && node != without && !node.IsGone);
        return left > voters.Count / 2;
    }
}
