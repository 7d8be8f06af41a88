using System.Runtime.Serialization;
using Akka.Actor;
using Akka.Serialization;
using Backprop.Shared.Protocol;
using Backprop.Worker.Protocol;
using Google.Protobuf;

namespace Backprop.Coordinator.Cluster.Nodes;

/// <summary>The mail between nodes: a closed set of Protobuf messages, by name. Anything else is refused, and so is
/// one of them that no node would send.</summary>
internal sealed class MailSerializer(ExtendedActorSystem system) : SerializerWithStringManifest(system)
{
    private static readonly Dictionary<string, MessageParser> Parsers = new()
    {
        [NodeReport.Descriptor.Name] = NodeReport.Parser,
        [RunWorkers.Descriptor.Name] = RunWorkers.Parser,
        [ReportTo.Descriptor.Name] = ReportTo.Parser,
        [LeaveCluster.Descriptor.Name] = LeaveCluster.Parser,
        [LogRequest.Descriptor.Name] = LogRequest.Parser,
        [LogLines.Descriptor.Name] = LogLines.Parser,
    };

    /// <inheritdoc/>
    public override int Identifier => 7400;

    /// <inheritdoc/>
    public override string Manifest(object o) => ((IMessage)o).Descriptor.Name;

    /// <inheritdoc/>
    public override byte[] ToBinary(object obj) => obj is IMessage message && Parsers.ContainsKey(message.Descriptor.Name)
        ? message.ToByteArray()
        : throw new ArgumentException($"A {obj.GetType().Name} is no mail between nodes.", nameof(obj));

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">It is of no known kind.</exception>
    /// <exception cref="SerializationException">
    /// It cannot be read, or is none that a node sends. Akka drops one message for these two; for any other it ends the connection.
    /// </exception>
    public override object FromBinary(byte[] bytes, string manifest)
    {
        if (!Parsers.TryGetValue(manifest, out var parser))
        {
            throw new ArgumentException($"A '{WireText.Name(manifest)}' is no mail between nodes.", nameof(manifest));
        }

        try
        {
            var message = parser.ParseFrom(bytes);
            return MailCheck.IsMail(message) ? message : throw new SerializationException($"A {manifest} is none that a node sends.");
        }
        catch (InvalidProtocolBufferException problem)
        {
            throw new SerializationException($"A {manifest} cannot be read.", problem);
        }
    }
}
