namespace Backprop.Coordinator.Diagnostics.Lines;

/// <summary>The newest lines of something, numbered from 0, for who asks and for who follows. From any thread.</summary>
/// <param name="capacity">So many are kept.</param>
internal sealed class LineRing(int capacity)
{
    private readonly Lock _gate = new();
    private readonly Queue<string> _lines = new();
    private long _next;

    /// <summary>One more.</summary>
    public void Keep(string line)
    {
        lock (_gate)
        {
            if (_lines.Count == capacity)
            {
                _lines.Dequeue();
            }

            _lines.Enqueue(line);
            _next++;
        }
    }

    /// <summary>The newest lines, and the number of the line that comes next.</summary>
    public (long Next, IReadOnlyList<string> Lines) Newest(int count)
    {
        lock (_gate)
        {
            return (_next, [.. _lines.TakeLast(count)]);
        }
    }

    /// <summary>The lines from a number on, as far as they are kept, and the number of the line that comes next.</summary>
    public (long Next, IReadOnlyList<string> Lines) From(long number)
    {
        lock (_gate)
        {
            return (_next, [.. _lines.TakeLast((int)Math.Clamp(_next - number, 0, _lines.Count))]);
        }
    }
}
