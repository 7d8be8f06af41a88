using Microsoft.Win32.SafeHandles;

namespace Backprop.Shared.Runs;

/// <summary>Gives out a run's data files piece by piece: those that are listed, and nothing else. Any thread may ask.</summary>
internal sealed class FileChunks(IReadOnlyList<RunDataFile> files) : IDisposable
{
    private readonly SafeFileHandle?[] _handles = new SafeFileHandle?[files.Count];
    private readonly Lock _opening = new();

    /// <summary>The files, in the order in which they are asked for.</summary>
    public IReadOnlyList<RunDataFile> Files { get; } = files;

    /// <summary>Reads from a file.</summary>
    /// <param name="index">Which of <see cref="Files"/>.</param>
    /// <param name="offset">The first byte.</param>
    /// <param name="bytes">Receives as many as there are.</param>
    /// <returns>How many were read; 0 where there is no such file or place in it, or it cannot be read any more.</returns>
    public int Read(int index, long offset, Span<byte> bytes)
    {
        if ((uint)index >= (uint)Files.Count || offset < 0 || offset >= Files[index].Size)
        {
            return 0;
        }

        try
        {
            return RandomAccess.Read(Open(index), bytes[..(int)Math.Min(bytes.Length, Files[index].Size - offset)], offset);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // Whoever asked is told by the empty answer; it is no reason to end the run for those who have it.
            return 0;
        }
    }

    public void Dispose()
    {
        lock (_opening)
        {
            foreach (var handle in _handles)
            {
                handle?.Dispose();
            }
        }
    }

    private SafeFileHandle Open(int index)
    {
        lock (_opening)
        {
            return _handles[index] ??= File.OpenHandle(Files[index].Path, options: FileOptions.SequentialScan);
        }
    }
}
