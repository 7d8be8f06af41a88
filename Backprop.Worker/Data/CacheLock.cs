namespace Backprop.Worker.Data;

/// <summary>
/// Whose turn it is to fetch a file into the cache: a file beside it that one process at a time holds open. The system lets go of it
/// when its holder dies. Where no such lock can be had everybody may fetch: what is in the cache is right all the same.
/// </summary>
internal sealed class CacheLock : IDisposable
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(0.1);

    /// <summary>That another process holds it, as Linux, macOS and Windows say it.</summary>
    private static readonly int[] Held = [11, 35, unchecked((int)0x80070020)];

    private readonly FileStream? _file;

    private CacheLock(FileStream? file) => _file = file;

    /// <summary>Waits until no other process fetches this file.</summary>
    /// <param name="path">The file's place in the cache.</param>
    /// <param name="stopping">Ends the wait.</param>
    /// <exception cref="OperationCanceledException">It was to stop.</exception>
    public static CacheLock Take(string path, CancellationToken stopping)
    {
        while (true)
        {
            stopping.ThrowIfCancellationRequested();
            try
            {
                Directory.CreateDirectory(Path.GetDirectoryName(path)!);
                return new CacheLock(new FileStream(
                    $"{path}.lock", FileMode.OpenOrCreate, FileAccess.Write, FileShare.None, bufferSize: 1, FileOptions.DeleteOnClose));
            }
            catch (IOException busy) when (Held.Contains(busy.HResult))
            {
                stopping.WaitHandle.WaitOne(Pause);
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                // Whoever writes the file itself meets the same, and says it.
                return new CacheLock(null);
            }
        }
    }

    public void Dispose() => _file?.Dispose();
}
