using Backprop.Shared.Tensors;

namespace Backprop.Worker.Training;

/// <summary>
/// A run's memory that the coordinator, another process of this machine, sees as well: its weights, which are only read here, and the
/// vectors in which gradients are left for it.
/// </summary>
internal sealed class SharedRun : IDisposable
{
    private readonly SharedFloats _weights;

    private SharedRun(SharedFloats weights, SharedVectors gradients, int length)
    {
        (_weights, Gradients, Weights) = (weights, gradients, weights.View(0, length));

        // Touched before the first step. More vectors are needed only where a step has more spans.
        gradients[0].Values.Clear();
    }

    /// <summary>The flat weights; to be read only.</summary>
    public FloatBuffer Weights { get; }

    /// <summary>Flat vectors for gradients.</summary>
    public SharedVectors Gradients { get; }

    /// <summary>Opens what a coordinator offers.</summary>
    /// <param name="coordinator">The process that it must be: no other's memory is touched.</param>
    /// <param name="length">Of the model's flat vector.</param>
    /// <returns>Null where that cannot be done: then everything goes through the connection.</returns>
    public static SharedRun? TryOpen(Backprop.Shared.Protocol.SharedMemory? offered, int coordinator, int length)
    {
        if (offered?.Process != coordinator
            || SharedFloats.TryOpen(coordinator, offered.Weights, length, writable: false) is not { } weights)
        {
            return null;
        }

        if (SharedVectors.TryOpen(coordinator, offered.Gradients, length, offered.Vectors) is { } gradients)
        {
            return new SharedRun(weights, gradients, length);
        }

        weights.Dispose();
        return null;
    }

    public void Dispose()
    {
        _weights.Dispose();
        Gradients.Dispose();
    }
}
