using System.Text;
using Google.Protobuf;

namespace Backprop.Shared.Protocol;

/// <summary>What a worker is told of a run before it computes: who it is, its run file, and the data files that may be asked for.</summary>
/// <param name="Identity">The run's identity, 64 hexadecimal digits.</param>
/// <param name="DataHash">The hash of the decoded data.</param>
/// <param name="InitHash">The hash of the file with first weights; empty where there is none.</param>
/// <param name="Yaml">The resolved run file.</param>
/// <param name="Files">The data files.</param>
internal sealed record RunOffer(string Identity, byte[] DataHash, byte[] InitHash, string Yaml, IReadOnlyList<OfferedFile> Files)
{
    private const int HashBytes = 32;

    /// <summary>The run file, as it travels.</summary>
    public byte[] Payload => Encoding.UTF8.GetBytes(Yaml);

    /// <summary>The rest, as it travels.</summary>
    public Run Envelope
    {
        get
        {
            var envelope = new Run
            {
                Identity = Identity,
                DataHash = ByteString.CopyFrom(DataHash),
                InitHash = ByteString.CopyFrom(InitHash),
            };
            envelope.Files.AddRange(Files.Select(file => file.ToMessage()));
            return envelope;
        }
    }

    /// <summary>An offer as it came over the network.</summary>
    /// <exception cref="ProtocolException">It is none.</exception>
    public static RunOffer From(Run envelope, ReadOnlySpan<byte> payload)
    {
        var files = envelope.Files.Select(OfferedFile.From).ToArray();
        if (files.Any(f => f.Sha256.Length != HashBytes || f.Size < 0) || envelope.InitHash.Length is not (0 or HashBytes))
        {
            throw new ProtocolException("The coordinator listed a data file without its size or hash.");
        }

        return new RunOffer(envelope.Identity, envelope.DataHash.ToByteArray(), envelope.InitHash.ToByteArray(), TextOf(payload), files);
    }

    private static string TextOf(ReadOnlySpan<byte> payload)
    {
        try
        {
            return new UTF8Encoding(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true).GetString(payload);
        }
        catch (DecoderFallbackException exception)
        {
            throw new ProtocolException("The coordinator sent a run file that is no text.", exception);
        }
    }
}
