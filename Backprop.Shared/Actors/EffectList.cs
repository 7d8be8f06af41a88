using System.Runtime.CompilerServices;

namespace Backprop.Shared.Actors;

/// <summary>
/// What a core wants done, in the order in which it is to be done. Owned by the shell and used again for every input, so that a step
/// allocates nothing once the list has grown to its usual length.
/// </summary>
/// <typeparam name="TEffect">A small value that says what to do; never the data it is done with.</typeparam>
internal sealed class EffectList<TEffect>(int capacity = 64)
    where TEffect : struct
{
    private TEffect[] _items = new TEffect[Math.Max(capacity, 1)];

    /// <summary>How many effects there are.</summary>
    public int Count { get; private set; }

    /// <summary>An effect, by its place in the order.</summary>
    public ref readonly TEffect this[int index] => ref AsSpan()[index];

    /// <summary>All effects, in order. Valid until the next change.</summary>
    public ReadOnlySpan<TEffect> AsSpan() => _items.AsSpan(0, Count);

    /// <summary>Appends an effect.</summary>
    public void Add(in TEffect effect)
    {
        if (Count == _items.Length)
        {
            Grow();
        }

        _items[Count++] = effect;
    }

    /// <summary>Forgets all effects; the memory stays.</summary>
    public void Clear() => Count = 0;

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Grow() => Array.Resize(ref _items, _items.Length * 2);
}
