using Backprop.Shared.Gradients;

namespace Backprop.Coordinator.Cluster.Links;

/// <summary>What connections to workers tell, each from its receiving thread.</summary>
internal interface ILinkEvents
{
    /// <summary>The worker has the run and its data and waits for orders.</summary>
    /// <param name="speed">Samples per second in its warm-up, as it says.</param>
    void Ready(WorkerLink worker, double speed);

    /// <summary>A span's gradient is whole; the <see cref="Gradients.GradientTable"/> has it.</summary>
    void SpanAnswered(WorkerLink worker, in Assignment assignment, bool finite);

    /// <summary>Results of evaluation blocks have come; <see cref="EvaluationResults"/> has them.</summary>
    void BlocksAnswered(WorkerLink worker, in Assignment assignment);

    /// <summary>A layer threw on the worker; before it is ready: it cannot take part.</summary>
    void LayerFailed(WorkerLink worker, in Assignment assignment, string message);

    /// <summary>A gradient came that nobody waits for.</summary>
    void Dropped();

    /// <summary>The connection has ended; told once.</summary>
    void Lost(WorkerLink worker, string reason);
}
