using Backprop.Shared.Tensors;

namespace Backprop.Coordinator.Cluster.Gradients;

/// <summary>
/// Vectors that receive gradients, and views of those that workers share. They are made when first needed and used again; a step allocates
/// none. Not for several threads at once.
/// </summary>
/// <param name="pool">Makes the vectors.</param>
/// <param name="length">Elements of a flat gradient.</param>
internal sealed class GradientBuffers(TensorPool pool, int length)
{
    private readonly Stack<SpanGradient> _free = new(64);
    private readonly Stack<SpanGradient> _freeViews = new(64);

    /// <summary>A place for a gradient that begins to arrive.</summary>
    /// <param name="isShared">It is in memory that its worker shares.</param>
    public SpanGradient Rent(bool isShared)
    {
        if (isShared)
        {
            return _freeViews.TryPop(out var view) ? view : new SpanGradient(null);
        }

        return _free.TryPop(out var gradient) ? gradient : new SpanGradient(pool.Rent(length, zeroed: false));
    }

    /// <summary>Takes a place back.</summary>
    public void Return(SpanGradient gradient) => (gradient.IsOwn ? _free : _freeViews).Push(gradient);
}
