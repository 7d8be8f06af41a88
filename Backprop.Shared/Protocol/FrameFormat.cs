namespace Backprop.Shared.Protocol;

/// <summary>The numbers of the frame. <see cref="FrameHeader"/> has the picture.</summary>
internal static class FrameFormat
{
    /// <summary>The version of the protocol that is spoken here.</summary>
    public const int ProtocolVersion = 2;

    /// <summary>"BPR1" as a little-endian number.</summary>
    public const uint Magic = 0x31525042;

    /// <summary>Magic, kind, lengths and their checksum.</summary>
    public const int HeaderBytes = 16;

    /// <summary>What the header's checksum covers of the header itself.</summary>
    public const int CheckedHeaderBytes = 12;

    /// <summary>A state byte and a checksum, after a payload.</summary>
    public const int TrailerBytes = 5;

    /// <summary>The longest envelope to or from somebody who has not been admitted.</summary>
    public const int StrangerEnvelopeBytes = 4 << 10;

    /// <summary>The longest envelope.</summary>
    public const int EnvelopeBytes = 60 << 10;

    /// <summary>The longest payload of floats or of a file: a partition of a megabyte, and what its last block adds.</summary>
    public const int ChunkBytes = (1 << 20) + (64 << 10);

    /// <summary>The longest run file.</summary>
    public const int RunFileBytes = 16 << 20;

    /// <summary>The most that is received or sent at once: small enough that its checksum finds it in the cache.</summary>
    public const int PieceBytes = 256 << 10;

    /// <summary>The state of a payload that is what it should be.</summary>
    public const byte Whole = 0;

    /// <summary>The state of a payload whose memory changed while it was being sent.</summary>
    public const byte Void = 1;
}
