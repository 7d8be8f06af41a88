using Backprop.Coordinator.Core;
using Backprop.Shared.Models;
using Backprop.Shared.Primitives;

namespace Backprop.Coordinator.Storage;

/// <summary>How much room a run's record will take on its disk, reckoned before it begins.</summary>
/// <param name="CheckpointBytes">A checkpoint.</param>
/// <param name="LedgerBytes">The ledger's lines of the steps to come, at least.</param>
/// <param name="Kept">How many checkpoints will lie there at most, the best and the one being written among them.</param>
internal readonly record struct DiskNeed(long CheckpointBytes, long LedgerBytes, int Kept)
{
    /// <summary>What the shortest line of a step has.</summary>
    private const long LineBytes = 160;

    /// <summary>What a checkpoint says of its run, about.</summary>
    private const long HeadBytes = 4096;

    /// <summary>The one that is durable and the one that is being written.</summary>
    private const int Fewest = 2;

    /// <summary>What a run needs.</summary>
    /// <param name="stateVectors">How many vectors of state the optimizer has.</param>
    /// <param name="keep">How many of the newest checkpoints stay.</param>
    /// <param name="completed">How many steps are done.</param>
    public static DiskNeed Of(ParameterLayout layout, int stateVectors, int keep, Rules rules, long completed) =>
        new(HeadBytes + (layout.Count * sizeof(float) * (1 + stateVectors)), Math.Max(0, rules.Steps - completed) * LineBytes, keep + 2);

    /// <summary>Judges the disk that a run's folder is on.</summary>
    /// <inheritdoc cref="Judge"/>
    public string? JudgeDiskOf(RunFolder folder) =>
        Judge(folder.Path, FreeOn(folder.Path), folder.Checkpoints.List().Sum(file => new FileInfo(file.Path).Length));

    /// <summary>Judges a disk.</summary>
    /// <param name="folder">The run's folder.</param>
    /// <param name="free">How many bytes are free.</param>
    /// <param name="there">How many bytes of checkpoints are there already, which will make room for others.</param>
    /// <returns>A sentence where the room may not last; null where it will.</returns>
    /// <exception cref="UserException">It does not even hold two checkpoints (storage).</exception>
    public string? Judge(string folder, long free, long there)
    {
        var least = (Fewest * CheckpointBytes) - there;
        var most = (Kept * CheckpointBytes) + LedgerBytes - there;
        var has = $"the disk of {folder} has {Bytes.Text(free)} free";
        if (least > free)
        {
            throw new UserException(
                ExitCode.Storage,
                $"There is too little room: {has}, but two checkpoints of {Bytes.Text(CheckpointBytes)} need {Bytes.Text(least)}; "
                + "free some space, or name another place with --run-dir.");
        }

        return most <= free ? null
            : $"the room may not last: {has}, and {Kept} checkpoints of {Bytes.Text(CheckpointBytes)} and the ledger may take "
                + $"{Bytes.Text(most)}; free some space, or keep fewer (checkpoint.keep)";
    }

    /// <summary>How many bytes are free where a folder lies; <see cref="long.MaxValue"/> where nobody says.</summary>
    public static long FreeOn(string folder)
    {
        try
        {
            return new DriveInfo(Path.GetFullPath(folder)).AvailableFreeSpace;
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return long.MaxValue;
        }
    }
}
