using Akka.Actor;

namespace Backprop.Coordinator.Cluster.Nodes;

/// <summary>Who coordinates, as this node knows it. From any thread.</summary>
internal sealed class Coordination
{
    private volatile IActorRef? _here;
    private volatile string _elsewhere = "";
    private volatile ISteeredRun? _run;
    private volatile bool _isMember;
    private long _heardAt;

    /// <summary>The actor that coordinates, where that is this node.</summary>
    public IActorRef? Here => _here;

    /// <summary>The base port of the node that coordinates, where that is another; empty where nobody is known.</summary>
    public string Elsewhere => _elsewhere;

    /// <summary>The run that this node has trained; null: none.</summary>
    public ISteeredRun? Run
    {
        get => _run;
        set => _run = value;
    }

    /// <summary>This node is a member of its cluster.</summary>
    public bool IsMember
    {
        get => _isMember;
        set => _isMember = value;
    }

    /// <summary>This node coordinates from now on.</summary>
    public void BeginHere(IActorRef coordinator) => (_here, _elsewhere) = (coordinator, "");

    /// <summary>This node does not coordinate any more.</summary>
    public void EndHere(IActorRef coordinator)
    {
        if (Equals(_here, coordinator))
        {
            _here = null;
        }
    }

    /// <summary>Another node coordinates; empty: nobody is known.</summary>
    public void BeElsewhere(string address) => _elsewhere = _here is null ? address : "";

    /// <summary>When the coordinator was heard last, by the clock's timestamps.</summary>
    public long HeardAt
    {
        get => Interlocked.Read(ref _heardAt);
        set => Interlocked.Exchange(ref _heardAt, value);
    }
}
