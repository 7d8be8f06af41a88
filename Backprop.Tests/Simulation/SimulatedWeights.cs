namespace Backprop.Tests.Simulation;

/// <summary>
/// The one place where a worker's weights lie, into which partitions come in order, the first layers first, over the former ones.
/// </summary>
internal sealed class SimulatedWeights(SwarmOptions options)
{
    private int _arriving = -1;
    private int _arrived;

    /// <summary>The coordinator whose memory is read, where weights are shared.</summary>
    public SimulatedCoordinator? SharedBy { get; set; }

    /// <summary>The weights as they lie in its memory, or in the coordinator's: perhaps of two steps at once.</summary>
    public Triple Newest
    {
        get => options.Shares && SharedBy is { } coordinator ? coordinator.Weights : field;
        private set;
    }

    /// <summary>Those before the newest.</summary>
    public Triple Former { get; private set; }

    /// <summary>Every partition of the newest is here.</summary>
    public bool IsComplete => _arrived >= Parts;

    private int Parts => options.Datagrams || options.Shares ? 1 : Triple.Parts;

    /// <summary>What comes over another connection begins anew.</summary>
    public void Forget()
    {
        _arriving = -1;
        _arrived = 0;
    }

    /// <summary>Puts a partition where it belongs, if it is the first of newer weights or the next of these.</summary>
    public bool TryTake(in Message message)
    {
        if (message.Part <= 0)
        {
            if (message.Step < _arriving)
            {
                return false;
            }

            Former = Newest;
            (_arriving, _arrived) = (message.Step, 0);
        }
        else if (message.Step != _arriving || message.Part != _arrived)
        {
            return false;
        }

        Newest = Newest.With(message.Part, message.Vector);
        _arrived++;
        return true;
    }
}
