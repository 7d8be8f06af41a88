using Backprop.Coordinator.Core;

namespace Backprop.Tests.Simulation;

/// <summary>How a coordinator's weights leave: partition by partition to each worker, read from memory that changes meanwhile.</summary>
internal sealed class SimulatedOutgoing(SimulatedWorld world, SimulatedCoordinator coordinator)
{
    /// <summary>When the weights began to change.</summary>
    private readonly List<long> _changes = [];

    /// <summary>The weights begin to change.</summary>
    public void NoteChange() => _changes.Add(world.Now);

    /// <summary>The weights stay what they were: who has not got all of them is sent them again.</summary>
    public void Resume(int step)
    {
        foreach (var connection in coordinator.Reception.Open)
        {
            if (connection.Sending.Step == step && (connection.Sending.Next < Triple.Parts || connection.Down.FreeAt >= _changes[^1]))
            {
                Send(connection, step);
            }
        }
    }

    /// <summary>Sends all partitions, first layers first, one after another; what is small goes out between them.</summary>
    public void Send(Connection connection, int step)
    {
        connection.Sending = (step, 0);
        if (world.Options.Datagrams || world.Options.Shares)
        {
            world.Network.SendDown(connection, WeightsOf(step, part: -1));
        }
        else if (!connection.IsSending)
        {
            SendNextPart(connection);
        }
    }

    /// <summary>
    /// A partition has left: the next one follows. If the weights change meanwhile, what is left of the old ones is not sent any more.
    /// </summary>
    public void OnWireFree(Connection connection)
    {
        connection.IsSending = false;
        var (step, next) = connection.Sending;
        if (next < Triple.Parts && step == coordinator.State.Completed && coordinator.State.Phase != Phase.Committing)
        {
            SendNextPart(connection);
        }
    }

    /// <summary>
    /// True where the weights began to change while the partition was being sent: what was read may be neither old nor new.
    /// </summary>
    public bool WasVoid(in Message message)
    {
        var (given, left) = message.Sent;
        for (var i = _changes.Count - 1; i >= 0 && message.Part >= 0 && _changes[i] > given; i--)
        {
            if (_changes[i] <= left)
            {
                return true;
            }
        }

        return false;
    }

    private void SendNextPart(Connection connection)
    {
        var (step, next) = connection.Sending;
        if (connection.IsOpenAtCoordinator)
        {
            world.Network.SendDown(connection, WeightsOf(step, next));
            connection.Sending = (step, next + 1);
            connection.IsSending = true;
            world.Agenda.PlanWireFree(connection);
        }
    }

    private Message WeightsOf(int step, int part) =>
        new(MessageKind.Weights) { Step = step, Part = part, Generation = coordinator.State.Generation, Vector = coordinator.Weights };
}
