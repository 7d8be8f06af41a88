using System.Security.Cryptography;

namespace Backprop.Coordinator.Cluster.Record;

/// <summary>Hashes of the beginnings of files. One that only grows is not read again from its start.</summary>
internal sealed class PrefixHashes : IDisposable
{
    private const int BufferLength = 1 << 18;
    private readonly Dictionary<string, (IncrementalHash Hash, long Length)> _growing = [];
    private readonly byte[] _buffer = new byte[BufferLength];

    /// <summary>The hash of a file's first bytes, in hexadecimal digits; null: it is not so long.</summary>
    /// <exception cref="IOException">It cannot be read.</exception>
    public string? Of(string path, long length)
    {
        using var file = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        if (RandomAccess.GetLength(file) < length)
        {
            return null;
        }

        var grows = path.EndsWith(".jsonl", StringComparison.Ordinal);
        var (hash, at) = grows && _growing.TryGetValue(path, out var known) && known.Length <= length
            ? known
            : (IncrementalHash.CreateHash(HashAlgorithmName.SHA256), 0);
        try
        {
            while (at < length)
            {
                var count = RandomAccess.Read(file, _buffer.AsSpan(0, (int)Math.Min(length - at, BufferLength)), at);
                if (count == 0)
                {
                    // It was cut meanwhile.
                    return null;
                }

                hash.AppendData(_buffer, 0, count);
                at += count;
            }
        }
        finally
        {
            if (at < length)
            {
                // The hash goes further than what is known of it.
                Forget(path);
                hash.Dispose();
            }
        }

        if (!grows)
        {
            using (hash)
            {
                return Convert.ToHexStringLower(hash.GetHashAndReset());
            }
        }

        Keep(path, hash, at);
        return Convert.ToHexStringLower(hash.GetCurrentHash());
    }

    /// <summary>A file may have been cut, and is read again from its start.</summary>
    /// <param name="beyond">So long it is still the same; what is known of no more than that stays known.</param>
    public void Forget(string path, long beyond = -1)
    {
        if (_growing.TryGetValue(path, out var known) && known.Length > beyond)
        {
            known.Hash.Dispose();
            _growing.Remove(path);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var (hash, _) in _growing.Values)
        {
            hash.Dispose();
        }

        _growing.Clear();
    }

    private void Keep(string path, IncrementalHash hash, long length)
    {
        if (_growing.TryGetValue(path, out var before) && !ReferenceEquals(before.Hash, hash))
        {
            before.Hash.Dispose();
        }

        _growing[path] = (hash, length);
    }
}
