using Akka.Actor;
using Akka.Configuration;
using Akka.Serialization;

namespace Backprop.Coordinator.Cluster.Nodes;

/// <summary>For all that has no serializer of its own: it is not sent. Nodes make no objects of types that a stranger names.</summary>
internal sealed class NoSerializer(ExtendedActorSystem system) : Serializer(system)
{
    /// <summary>In the place of one that takes settings.</summary>
    public NoSerializer(ExtendedActorSystem system, Config settings)
        : this(system) => _ = settings;

    /// <inheritdoc/>
    public override int Identifier => 7401;

    /// <inheritdoc/>
    public override bool IncludeManifest => false;

    /// <inheritdoc/>
    public override byte[] ToBinary(object obj) =>
        throw new NotSupportedException($"A {obj.GetType().Name} does not travel between nodes.");

    /// <inheritdoc/>
    public override object FromBinary(byte[] bytes, Type type) =>
        throw new NotSupportedException("A node was sent what no node sends.");
}
