using Backprop.Shared.Gradients;
using Backprop.Shared.Tensors;

namespace Backprop.Worker.Shell;

/// <summary>Brings gradients to the coordinator, from the last elements to the first, while they are computed.</summary>
internal interface IGradientSender : IDisposable
{
    /// <summary>Waits until a vector is free for the next gradient.</summary>
    /// <param name="step">Whose: an order for it says that the steps before are over.</param>
    /// <returns>Which.</returns>
    /// <exception cref="Backprop.Shared.Protocol.LinkClosedException">The connection is over.</exception>
    int AwaitVector(int step);

    /// <summary>The computation of a span begins.</summary>
    /// <param name="vector">Receives its gradient.</param>
    /// <param name="isEmpty">It has no samples, and so no gradient.</param>
    void Begin(in Assignment assignment, FlatVector vector, bool isEmpty);

    /// <summary>The elements from <paramref name="start"/> on are final.</summary>
    void Ready(int start, int attempt);

    /// <summary>The span is computed and wanted.</summary>
    /// <param name="finite">What is known of it; of the gradient's elements the coordinator makes sure itself.</param>
    void Complete(double loss, bool finite, int attempt);

    /// <summary>The newest span is not wanted any more.</summary>
    void Abandon();

    /// <summary>Waits until nothing is on its way any more.</summary>
    void Drain();

    /// <summary>Steps up to this one are over: what was computed for them is not wanted any more.</summary>
    void DropUpTo(int step);

    /// <summary>Drops an assignment that is computed and on its way.</summary>
    void Drop(in Assignment assignment);
}
