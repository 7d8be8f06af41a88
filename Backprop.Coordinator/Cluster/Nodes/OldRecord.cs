using System.Globalization;
using Backprop.Shared.Checkpoints;
using Backprop.Shared.Primitives;

namespace Backprop.Coordinator.Cluster.Nodes;

/// <summary>What a node has of another cluster than the one that it joins: neither followed nor deleted.</summary>
internal static class OldRecord
{
    /// <summary>What belongs to one record. Data is found by its hash, whoever sent it.</summary>
    private static readonly string[] Parts = ["record", "queue", "runs"];

    /// <summary>Moves it into a folder of its own.</summary>
    /// <param name="folder">The node's folder.</param>
    /// <param name="record">The id of the record.</param>
    /// <returns>Where it is then; null: there was nothing.</returns>
    /// <exception cref="UserException">It cannot be moved (exit code 5).</exception>
    public static string? SetAside(string folder, string record)
    {
        string[] parts = [.. Parts.Where(part => Directory.Exists(Path.Combine(folder, part)))];
        if (parts.Length == 0)
        {
            return null;
        }

        var name = Path.Combine(folder, $"of-{record}");
        var to = name;
        for (var number = 2; Directory.Exists(to); number++)
        {
            to = string.Create(CultureInfo.InvariantCulture, $"{name}-{number}");
        }

        try
        {
            DurableFile.MakeFolder(to);
            foreach (var part in parts)
            {
                Directory.Move(Path.Combine(folder, part), Path.Combine(to, part));
            }

            DurableFile.SyncFolder(folder);
            return to;
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            throw DurableFile.CannotWrite(to, problem);
        }
    }
}
