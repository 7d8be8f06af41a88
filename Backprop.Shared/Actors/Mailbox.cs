using System.Numerics;
using System.Runtime.InteropServices;

namespace Backprop.Shared.Actors;

/// <summary>
/// A bounded queue with many producers and no thread of its own: whoever finds it free drains it, the others leave their message and go.
/// In one process the last slot to finish a step so runs the coordinator itself, and no thread has to be woken for it.
/// </summary>
/// <remarks>
/// The queue is the bounded array of Dmitry Vyukov: a cell's sequence number says whether it waits for the producer or for the consumer of
/// a given position. The holder's flag gives mutual exclusion among those who drain and makes what one handled visible to the next.
/// No message is left lying: a producer whose attempt to hold fails has published its message before that attempt, and the holder looks
/// once more after letting go; both are full fences, so one of the two sees the other.
/// </remarks>
internal sealed class Mailbox<T>
    where T : struct
{
    private readonly Cell[] _cells;
    private readonly int _mask;
    private Positions _positions;

    /// <param name="capacity">The most messages that can wait; rounded up to a power of two.</param>
    public Mailbox(int capacity)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(capacity, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(capacity, 1 << 24);
        _cells = new Cell[Math.Max(2, BitOperations.RoundUpToPowerOf2((uint)capacity))];
        _mask = _cells.Length - 1;
        for (var i = 0; i < _cells.Length; i++)
        {
            _cells[i].Sequence = i;
        }
    }

    /// <summary>The most messages that can wait.</summary>
    public int Capacity => _cells.Length;

    /// <summary>True where no message waits. A hint as soon as others post.</summary>
    public bool IsEmpty
    {
        get
        {
            var position = Volatile.Read(ref _positions.Head);
            return Volatile.Read(ref _cells[(int)position & _mask].Sequence) != position + 1;
        }
    }

    /// <summary>Leaves a message. False where the mailbox is full: nothing was left, and the caller must say so or try again.</summary>
    public bool TryPost(in T message)
    {
        var position = Volatile.Read(ref _positions.Tail);
        while (true)
        {
            ref var cell = ref _cells[(int)position & _mask];
            var sequence = Volatile.Read(ref cell.Sequence);
            if (sequence == position)
            {
                var seen = Interlocked.CompareExchange(ref _positions.Tail, position + 1, position);
                if (seen == position)
                {
                    cell.Message = message;
                    Volatile.Write(ref cell.Sequence, position + 1);
                    return true;
                }

                position = seen;
            }
            else if (sequence < position)
            {
                return false;
            }
            else
            {
                position = Volatile.Read(ref _positions.Tail);
            }
        }
    }

    /// <summary>
    /// Handles what waits, in order, unless somebody else is at it: then that thread handles it all, and this call returns at once. Called
    /// from inside a handler it returns at once too.
    /// </summary>
    /// <returns>How many messages this call handled.</returns>
    public int Drain<THandler>(ref THandler handler)
        where THandler : IMailboxHandler<T>
    {
        var handled = 0;
        do
        {
            if (Interlocked.CompareExchange(ref _positions.Held, 1, 0) != 0)
            {
                return handled;
            }

            try
            {
                while (TryTake(out var message))
                {
                    handled++;
                    handler.Handle(in message);
                }
            }
            finally
            {
                Interlocked.Exchange(ref _positions.Held, 0);
            }
        }
        while (!IsEmpty);

        return handled;
    }

    private bool TryTake(out T message)
    {
        var position = _positions.Head;
        ref var cell = ref _cells[(int)position & _mask];
        if (Volatile.Read(ref cell.Sequence) != position + 1)
        {
            message = default;
            return false;
        }

        message = cell.Message;
        cell.Message = default;
        Volatile.Write(ref _positions.Head, position + 1);
        Volatile.Write(ref cell.Sequence, position + _cells.Length);
        return true;
    }

    private struct Cell
    {
        public long Sequence;
        public T Message;
    }
}

/// <summary>The mailbox's positions, each on cache lines of its own, so that producers and the holder do not slow each other.</summary>
[StructLayout(LayoutKind.Explicit, Size = 512)]
internal struct Positions
{
    [FieldOffset(128)]
    public long Tail;

    [FieldOffset(256)]
    public long Head;

    [FieldOffset(384)]
    public int Held;
}
