using Backprop.Worker.Core;

namespace Backprop.Tests.Simulation;

/// <summary>One session of a worker: it lives until the worker dies or joins again under another id.</summary>
internal sealed class SimulatedWorker(int id, int session, bool isLiar, int slowness)
{
    public int Id => id;

    /// <summary>Which life of the coordinator it belongs to.</summary>
    public int Session => session;

    public bool IsLiar => isLiar;

    /// <summary>How many times slower than the fastest it computes.</summary>
    public int Slowness => slowness;

    public WorkerState State { get; } = new();

    /// <summary>The weights that are here, and those before them.</summary>
    public Triple Weights { get; private set; }

    public Triple WeightsBefore { get; private set; }

    /// <summary>False after its death: nothing reaches it, nothing leaves it.</summary>
    public bool IsAlive { get; set; } = true;

    /// <summary>Until when it does nothing.</summary>
    public long StalledUntil { get; set; }

    /// <summary>When the coordinator hears of it.</summary>
    public long JoinDue { get; set; }

    /// <summary>When its newest command arrives: commands keep their order, as on one connection.</summary>
    public long NewestCommandDue { get; set; }

    /// <summary>What happens with the floats of a message, which the core does not see.</summary>
    public void Receive(in WorkerInput input, Triple vector)
    {
        var carriesWeights = input.Kind is WorkerInputKind.Welcomed or WorkerInputKind.WeightsPublished;
        if (carriesWeights && input.Step >= State.Weights)
        {
            WeightsBefore = Weights;
            Weights = vector;
        }
    }
}
