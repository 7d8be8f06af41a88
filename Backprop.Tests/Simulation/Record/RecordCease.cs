using Backprop.Coordinator.Cluster.Record;

namespace Backprop.Tests.Simulation.Record;

/// <summary>A leader that no majority has answered for its patience leads no more, once it looks at its clock.</summary>
internal sealed class RecordCease(RecordWorld world)
{
    private readonly TimeSpan[,] _heard = new TimeSpan[world.Options.Nodes, world.Options.Nodes];

    /// <param name="begins">It leads from now on.</param>
    public void OnAdvanced(RecordNode leader, bool begins, RecordInput input)
    {
        if (begins)
        {
            for (var i = 0; i < world.Options.Nodes; i++)
            {
                _heard[leader.Index, i] = leader.Clock;
            }
        }
        else if (input is RecordInput.EntriesAnswered answered && answered.Sent == leader.State.Promised)
        {
            _heard[leader.Index, world.NodeOf(answered.From).Index] = leader.Clock;
        }
        else if (input is RecordInput.Tick)
        {
            var voters = leader.State.Voters;
            var heard = 0;
            foreach (var voter in voters)
            {
                var other = world.NodeOf(voter);
                heard += other == leader || leader.Clock - _heard[leader.Index, other.Index] < world.Rules.Patience ? 1 : 0;
            }

            RecordChecks.Require(
                heard > voters.Count / 2, $"{leader.Id} leads {leader.State.Promised} and hears {heard} of {voters.Count}");
        }
    }
}
