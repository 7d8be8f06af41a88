namespace Backprop.Shared.Tensors;

/// <summary>
/// The memory of one compiled model or run: everything is rented before the first step and given back together. A step rents nothing.
/// </summary>
internal sealed class TensorPool : IDisposable
{
    private readonly List<FloatBuffer> _buffers = [];

    /// <summary>How many bytes are rented.</summary>
    public long Bytes { get; private set; }

    /// <summary>A buffer that lives as long as the pool.</summary>
    /// <param name="length">How many floats.</param>
    /// <param name="zeroed">False where every float is written before it is read: untouched pages then stay free.</param>
    public FloatBuffer Rent(int length, bool zeroed = true)
    {
        var buffer = new FloatBuffer(length, zeroed);
        _buffers.Add(buffer);
        Bytes += (long)length * sizeof(float);
        return buffer;
    }

    public void Dispose()
    {
        foreach (IDisposable buffer in _buffers)
        {
            buffer.Dispose();
        }

        _buffers.Clear();
    }
}
