using System.Security.Cryptography;
using Backprop.Coordinator.Cluster.Orders;
using Backprop.Coordinator.Cluster.Record;
using Backprop.Tests.TestUtilities;

namespace Backprop.Tests.Coordinator.Cluster.Record;

/// <summary>A node's folder, and a leader that has files and notes what it is asked for.</summary>
internal sealed class KeptScene : IDisposable
{
    public const int PieceBytes = 10;
    private readonly TemporaryFolder _folder = new();
    private readonly Dictionary<string, byte[]> _leaders = [];

    public KeptScene()
    {
        Directory.CreateDirectory(Root);
        File.WriteAllText(_folder["secret"], "secret");
    }

    /// <summary>The node's folder; what is beside it is none of the record's.</summary>
    public string Root => _folder["node"];

    /// <summary>From where on the leader was asked for pieces.</summary>
    public List<long> Asked { get; } = [];

    /// <summary>How many bytes it has given.</summary>
    public long Given { get; private set; }

    /// <summary>The leader does not answer.</summary>
    public bool IsSilent { get; set; }

    /// <summary>What the leader does to a piece.</summary>
    public Func<byte[], byte[]> Spoils { get; set; } = piece => piece;

    public string this[string path] => Path.Combine(Root, path);

    public void Dispose() => _folder.Dispose();

    /// <summary>The leader has a file; gives it as the record has it.</summary>
    public KeptFile Lead(string path, string content)
    {
        _leaders[path] = System.Text.Encoding.UTF8.GetBytes(content);
        return Described(path, content);
    }

    public void Delete(string path) => _leaders.Remove(path);

    public static KeptFile Described(string path, string content)
    {
        var bytes = System.Text.Encoding.UTF8.GetBytes(content);
        return new(path, bytes.Length, Convert.ToHexStringLower(SHA256.HashData(bytes)));
    }

    /// <summary>This node has a file.</summary>
    public void Have(string path, string content)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(this[path])!);
        File.WriteAllText(this[path], content);
    }

    public Task<ReadOnlyMemory<byte>?> Pieces(KeptFile file, long offset)
    {
        Asked.Add(offset);
        if (IsSilent)
        {
            return Task.FromResult<ReadOnlyMemory<byte>?>(null);
        }

        var bytes = _leaders.GetValueOrDefault(file.Path, []);
        var from = Math.Min((int)offset, bytes.Length);
        var piece = Spoils(bytes[from..Math.Min(from + PieceBytes, (int)Math.Min(bytes.Length, file.Length))]);
        Given += piece.Length;
        return Task.FromResult<ReadOnlyMemory<byte>?>(piece);
    }

    /// <summary>All that is in the node's folder and beside it, by path.</summary>
    public IEnumerable<string> Everything() => Directory.GetFiles(_folder.Path, "*", SearchOption.AllDirectories)
        .Select(path => Path.GetRelativePath(Root, path).Replace('\\', '/')).Order(StringComparer.Ordinal);
}
