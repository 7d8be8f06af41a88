using Backprop.Shared.Protocol;
using Backprop.Worker.Data;

namespace Backprop.Worker.Actor;

/// <summary>The run that a coordinator wants computed, as it came over the network.</summary>
internal sealed record RunOffer(string Identity, byte[] DataHash, byte[] InitHash, string Yaml, IReadOnlyList<WantedFile> Files)
{
    private const int HashBytes = 32;

    public static RunOffer From(Run run, string yaml)
    {
        var files = run.Files.Select((f, index) => new WantedFile(index, f.Name, f.Path, f.Size, f.Sha256.ToByteArray())).ToArray();
        if (files.Any(f => f.Sha256.Length != HashBytes || f.Size < 0) || run.InitHash.Length is not (0 or HashBytes))
        {
            throw new ProtocolException("The coordinator listed a data file without its size or hash.");
        }

        return new RunOffer(run.Identity, run.DataHash.ToByteArray(), run.InitHash.ToByteArray(), yaml, files);
    }
}
