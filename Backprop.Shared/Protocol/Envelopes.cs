using Google.Protobuf;

namespace Backprop.Shared.Protocol;

/// <summary>Reads envelopes that may be anything.</summary>
internal static class Envelopes
{
    /// <summary>A message from an envelope's bytes.</summary>
    /// <exception cref="ProtocolException">They are none.</exception>
    public static T Read<T>(MessageParser<T> parser, ReadOnlySpan<byte> envelope)
        where T : IMessage<T>
    {
        try
        {
            return parser.ParseFrom(envelope);
        }
        catch (InvalidProtocolBufferException exception)
        {
            throw Unreadable(typeof(T).Name, exception);
        }
    }

    /// <summary>What to throw for an envelope that is not the message that it should be.</summary>
    public static ProtocolException Unreadable(string name, Exception? inner = null) =>
        new($"The envelope of a frame is not a readable {name}.", inner);
}
