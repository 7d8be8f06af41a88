using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using Backprop.Coordinator.Cluster.Record;
using Backprop.Coordinator.Storage;
using Backprop.Shared.Checkpoints;
using Backprop.Shared.Primitives;
using Backprop.Shared.Protocol;
using Backprop.Worker.Protocol;

namespace Backprop.Coordinator.Cluster.Nodes;

/// <summary>
/// What a node must not forget: who it is, which cluster it belongs to and who else does. By what it knows it is decided whether it may
/// found a cluster (<see cref="Candidacy"/>): one that starts while it is cut off must not make a second one.
/// </summary>
internal sealed class NodeFolder : IDisposable
{
    private const int IdBytes = 8;
    private readonly Lock _gate = new();
    private readonly RunLock _lock;
    private NodeMemory _memory;

    private NodeFolder(string path, RunLock held, NodeMemory memory) => (Path, _lock, _memory) = (path, held, memory);

    /// <summary>Where it is.</summary>
    public string Path { get; }

    /// <summary>The node's id, made once.</summary>
    public string NodeId => _memory.Node;

    /// <summary>The id of the cluster that it belongs to; empty before the first.</summary>
    public string Cluster
    {
        get
        {
            lock (_gate)
            {
                return _memory.Cluster;
            }
        }
    }

    /// <summary>The highest term that it has heard of, and who held it.</summary>
    public (long Number, string Holder) Term
    {
        get
        {
            lock (_gate)
            {
                return (_memory.Term, _memory.Holder);
            }
        }
    }

    /// <summary>The other nodes that it ever knew.</summary>
    public IReadOnlyList<NodePeer> Peers
    {
        get
        {
            lock (_gate)
            {
                return [.. _memory.Peers.Values.Select(peer => new NodePeer(HostPort.Parse(peer.Address, MemoryPath), peer.MayCoordinate))];
            }
        }
    }

    /// <summary>The ids of the others that may coordinate.</summary>
    public IReadOnlyList<string> Candidates
    {
        get
        {
            lock (_gate)
            {
                return [.. _memory.Peers.Where(peer => peer.Value.MayCoordinate).Select(peer => peer.Key)];
            }
        }
    }

    /// <summary>The base port of a node; null: it is not known.</summary>
    public HostPort? AddressOf(string id)
    {
        lock (_gate)
        {
            return _memory.Peers.TryGetValue(id, out var peer) && HostPort.TryParse(peer.Address, out var address) ? address : null;
        }
    }

    /// <summary>This node and all that it knows: ids, base ports, and who may coordinate.</summary>
    public IReadOnlyList<NodeInfo> Known(NodeInfo self)
    {
        lock (_gate)
        {
            return [self, .. _memory.Peers.Select(peer => Described(peer.Key, peer.Value))];
        }
    }

    /// <summary>The id of its cluster's record; empty before the first.</summary>
    public string Record
    {
        get
        {
            lock (_gate)
            {
                return _memory.Record;
            }
        }
    }

    /// <summary>It keeps a copy of that record.</summary>
    public bool KeepsRecord
    {
        get
        {
            lock (_gate)
            {
                return _memory.KeepsRecord;
            }
        }
    }

    /// <summary>This node's copy of the record of what was ordered of the cluster, where it keeps one.</summary>
    public string RecordPath => System.IO.Path.Combine(Path, "record");

    /// <summary>Run files that were submitted, by the run's id.</summary>
    public string RunFileOf(string run) => System.IO.Path.Combine(Path, "queue", $"{run}.yaml");

    /// <summary>A run's record.</summary>
    public string RunFolderOf(string run) => System.IO.Path.Combine(Path, "runs", run);

    /// <summary>A path in this folder as other nodes have it.</summary>
    public string Relative(string path) => System.IO.Path.GetRelativePath(Path, path).Replace('\\', '/');

    /// <summary>Data files that were submitted, by their hashes.</summary>
    public string DataFolder => System.IO.Path.Combine(Path, "data");

    /// <summary>Data files that its workers have fetched.</summary>
    public string CacheFolder => System.IO.Path.Combine(Path, "cache");

    private string MemoryPath => System.IO.Path.Combine(Path, "cluster.json");

    /// <summary>Opens a node's folder, or makes it; one process may have it.</summary>
    /// <exception cref="UserException">Another node has it (exit code 2), or it cannot be read or written (exit code 5).</exception>
    public static NodeFolder Open(string path)
    {
        var full = System.IO.Path.GetFullPath(path);
        try
        {
            DurableFile.MakeFolder(full);
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            throw DurableFile.CannotWrite(full, problem);
        }

        var held = RunLock.TryTake(full) ?? throw new UserException(
            ExitCode.Usage, $"Another node uses {full}; give each node of a machine its own --data.");
        try
        {
            var folder = new NodeFolder(full, held, Read(System.IO.Path.Combine(full, "cluster.json")));
            folder.Write(folder._memory);
            return folder;
        }
        catch
        {
            held.Dispose();
            throw;
        }
    }

    /// <summary>This node begins a record, of which it is the only voter.</summary>
    /// <exception cref="UserException">It cannot be written (exit code 5).</exception>
    public void BeginRecord()
    {
        lock (_gate)
        {
            // The record first: an id without one would be a copy that is gone.
            var record = NewId();
            RecordDisk.Found(RecordPath, NodeId, record);
            Change(memory => memory with { Record = record, KeepsRecord = true, Term = 0, Holder = "" });
        }
    }

    /// <summary>This node forms its cluster: it gets an id that none had.</summary>
    /// <exception cref="UserException">It cannot be written (exit code 5).</exception>
    public void Form() => Change(memory => memory with { Cluster = NewId(), Holder = "" });

    /// <summary>It joins a cluster. What belongs to another record is set aside.</summary>
    /// <param name="cluster">The cluster's id, which is another each time that it is formed.</param>
    /// <param name="record">The id of its record.</param>
    /// <param name="keeps">This node keeps a copy of it.</param>
    /// <returns>Where the other record is then; null: there was none.</returns>
    /// <exception cref="UserException">It cannot be set aside, or written (exit code 5).</exception>
    public string? Join(string cluster, string record, bool keeps)
    {
        lock (_gate)
        {
            var isOther = _memory.Record != record;
            var aside = isOther && _memory.Record.Length > 0 ? OldRecord.SetAside(Path, _memory.Record) : null;
            if (keeps && (isOther || !_memory.KeepsRecord))
            {
                RecordDisk.Create(RecordPath, record);
            }

            Change(memory => (isOther ? memory with { Term = 0, Holder = "" } : memory) with
            {
                Cluster = cluster,
                Record = record,
                KeepsRecord = keeps || (!isOther && memory.KeepsRecord),
            });
            return aside;
        }
    }

    /// <summary>
    /// Keeps the addresses of others, durably, before they are told that they may join. What is no address is not kept: the node asks all
    /// of them when it starts again. Nor are more than a cluster may have.
    /// </summary>
    /// <returns>Whether all were kept.</returns>
    public bool Remember(IReadOnlyCollection<NodeInfo> nodes)
    {
        lock (_gate)
        {
            var peers = new SortedDictionary<string, KnownNode>(_memory.Peers.ToDictionary(), StringComparer.Ordinal);
            var keepsAll = true;
            foreach (var node in nodes.Where(node => node.Id != _memory.Node))
            {
                if (MailCheck.IsPeer(node) && (peers.Count < MailCheck.NodesMaximum || peers.ContainsKey(node.Id)))
                {
                    peers[node.Id] = new KnownNode(node.Address, node.Roles.Contains(NodeOptions.Coordinator));
                }
                else
                {
                    keepsAll = false;
                }
            }

            if (!peers.SequenceEqual(_memory.Peers))
            {
                Change(memory => memory with { Peers = peers });
            }

            return keepsAll;
        }
    }

    /// <summary>Keeps who coordinates in which term.</summary>
    public void Hear(long term, string holder)
    {
        lock (_gate)
        {
            if (term > _memory.Term || (term == _memory.Term && holder != _memory.Holder))
            {
                Change(memory => memory with { Term = term, Holder = holder });
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _lock.Dispose();

    private static NodeInfo Described(string id, KnownNode known)
    {
        var info = new NodeInfo { Id = id, Address = known.Address };
        info.Roles.AddRange(known.MayCoordinate ? [NodeOptions.Coordinator] : []);
        return info;
    }

    private static string NewId() => Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(IdBytes));

    private static NodeMemory Read(string path)
    {
        try
        {
            return File.Exists(path)
                ? JsonSerializer.Deserialize(File.ReadAllBytes(path), NodeMemoryJson.Default.NodeMemory)!
                : new NodeMemory { Node = NewId() };
        }
        catch (JsonException problem)
        {
            throw new UserException(
                ExitCode.Storage, $"{path} is damaged; restore it from a copy, or give the node a new --data and --seed.", problem);
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            throw new UserException(ExitCode.Storage, $"{path} cannot be read: {Shown.Reason(problem)}; check the path.", problem);
        }
    }

    private void Change(Func<NodeMemory, NodeMemory> change)
    {
        lock (_gate)
        {
            var changed = change(_memory);
            if (changed != _memory)
            {
                Write(changed);
                _memory = changed;
            }
        }
    }

    private void Write(NodeMemory memory) =>
        DurableFile.Replace(MemoryPath, stream => JsonSerializer.Serialize(stream, memory, NodeMemoryJson.Default.NodeMemory));
}
