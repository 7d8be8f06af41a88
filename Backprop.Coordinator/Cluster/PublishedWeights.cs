using Backprop.Coordinator.Training;
using Backprop.Shared.Gradients;
using Backprop.Shared.Protocol;
using Backprop.Shared.Tensors;

namespace Backprop.Coordinator.Cluster;

/// <summary>
/// The weights as they are sent: senders read them while the next commit may begin to change them, and are told so by the version. From
/// any thread.
/// </summary>
internal sealed class PublishedWeights(RunWeights weights)
{
    private bool _isUpdating;

    /// <summary>How they are cut to travel.</summary>
    public PartitionMap Partitions { get; } = new(weights.Layout);

    /// <summary>Their version, beside commits that change them.</summary>
    public LiveMemory Live { get; } = new();

    /// <summary>An update is being made: the weights are neither the old nor the new ones.</summary>
    public bool IsUpdating => Volatile.Read(ref _isUpdating);

    /// <summary>Elements of the flat vector.</summary>
    public int Length => weights.Layout.Length;

    /// <summary>Their size; no more than a whole number holds.</summary>
    public int Bytes => (int)Math.Min(int.MaxValue, (long)Length * sizeof(float));

    /// <summary>Their memory, where other processes of this machine can read it; null: only this process can.</summary>
    public SharedFloats? Shared => weights.Shared;

    /// <summary>The flat weights.</summary>
    public FlatVector Vector => weights.Vector;

    /// <summary>An update begins; to be called before the first write.</summary>
    public void BeginUpdate()
    {
        Volatile.Write(ref _isUpdating, true);
        Live.Change();
    }

    /// <summary>An update has ended.</summary>
    public void EndUpdate() => Volatile.Write(ref _isUpdating, false);
}
