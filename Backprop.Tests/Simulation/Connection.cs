using Backprop.Shared.Gradients;

namespace Backprop.Tests.Simulation;

/// <summary>
/// A connection between a worker's process and one life of the coordinator. Each side has its own opinion of whether it is open, and
/// learns the other's late or never.
/// </summary>
internal sealed class Connection(SimulatedWorker worker, int incarnation, long now)
{
    public SimulatedWorker Worker => worker;

    /// <summary>Grows with every connection that a process makes.</summary>
    public int Incarnation => incarnation;

    /// <summary>The life of the coordinator that accepted it, if one has: the connection belongs to that life alone.</summary>
    public SimulatedCoordinator? Coordinator { get; set; }

    /// <summary>The id that the coordinator's core knows it by.</summary>
    public int Id { get; set; } = -1;

    /// <summary>The core has been told of it.</summary>
    public bool IsReady { get; set; }

    public bool IsOpenAtCoordinator { get; set; }

    public bool IsOpenAtWorker { get; set; } = true;

    public long AcceptedAt { get; set; }

    public long HeardByCoordinator { get; set; }

    public long HeardByWorker { get; set; } = now;

    /// <summary>When the worker last asked itself whether the coordinator is silent.</summary>
    public long LookedByWorker { get; set; } = now;

    public Wire Up { get; } = new();

    public Wire Down { get; } = new();

    /// <summary>The weights that are being sent: after how many completed steps, and which partition is next.</summary>
    public (int Step, int Next) Sending { get; set; } = (-1, Triple.Parts);

    /// <summary>A partition of the weights is leaving.</summary>
    public bool IsSending { get; set; }

    /// <summary>The spans that were answered over it.</summary>
    public List<(int Step, ShardSpan Span)> Answered { get; } = [];

    /// <summary>The failures that were told over it: a datagram that comes twice is one failure.</summary>
    public HashSet<Assignment> Failed { get; } = [];

    /// <summary>The worker has, as a fault, left a partition out of an answer.</summary>
    public bool HasLeftOut { get; set; }

    /// <summary>The answer whose partitions are coming in.</summary>
    public AnswerParts Parts { get; } = new();
}

/// <summary>One direction of a connection: bytes leave one after another and arrive in order.</summary>
internal sealed class Wire
{
    /// <summary>When what has been given to it will have left.</summary>
    public long FreeAt { get; set; }

    /// <summary>When the newest message arrives.</summary>
    public long NewestArrival { get; set; }

    /// <summary>When something was last sent.</summary>
    public long SentAt { get; set; }
}

/// <summary>The partitions of an answer that have come in on one connection. Those of another answer begin it anew.</summary>
internal sealed class AnswerParts
{
    private Assignment _work;
    private int _mask;

    public Triple Vector { get; private set; }

    public void Add(in Assignment work, int part, Triple vector)
    {
        if (work != _work)
        {
            (_work, _mask) = (work, 0);
        }

        Vector = Vector.With(part, vector);
        _mask |= 1 << part;
    }

    /// <summary>True where every partition of that very answer is here; then the next one begins.</summary>
    public bool Complete(in Assignment work)
    {
        var complete = work == _work && _mask == (1 << Triple.Parts) - 1;
        _mask = 0;
        return complete;
    }
}
