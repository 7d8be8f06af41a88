using System.Text;
using Backprop.Shared.Protocol;
using Backprop.Shared.Runs;
using Google.Protobuf;

namespace Backprop.Coordinator.Cluster;

/// <summary>What every worker is told of the run before it computes: the run file, who it is, and the files it may ask for.</summary>
internal sealed class RunOffer : IDisposable
{
    /// <param name="yaml">The resolved run file.</param>
    /// <param name="identity">The run's identity, 64 hexadecimal digits.</param>
    /// <param name="initHash">The hash of the file with first weights, in hexadecimal digits; empty where there is none.</param>
    /// <param name="files">The data files.</param>
    public RunOffer(string name, string yaml, string identity, string initHash, ReadOnlySpan<byte> dataHash, FileChunks files)
    {
        (Name, Identity, Files) = (name, identity, files);
        Payload = Encoding.UTF8.GetBytes(yaml);
        Envelope = new Run
        {
            Identity = identity,
            DataHash = ByteString.CopyFrom(dataHash),
            InitHash = ByteString.CopyFrom(Convert.FromHexString(initHash)),
        };
        foreach (var file in files.Files)
        {
            Envelope.Files.Add(
                new DataFile { Name = file.Name, Path = file.Path, Size = file.Size, Sha256 = ByteString.CopyFrom(file.Sha256) });
        }
    }

    public string Name { get; }

    public string Identity { get; }

    /// <summary>The data files, read a chunk at a time.</summary>
    public FileChunks Files { get; }

    public Run Envelope { get; }

    /// <summary>The run file.</summary>
    public byte[] Payload { get; }

    public void Dispose() => Files.Dispose();
}
