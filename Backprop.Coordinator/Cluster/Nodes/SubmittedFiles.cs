using System.Security.Cryptography;
using System.Text;
using Backprop.Coordinator.Cluster.Orders;
using Backprop.Shared.Checkpoints;
using Backprop.Shared.Primitives;
using Backprop.Shared.Protocol;
using Backprop.Shared.Runs;
using Backprop.Worker.Protocol;
using Google.Protobuf;

namespace Backprop.Coordinator.Cluster.Nodes;

/// <summary>
/// Run files and data that were submitted. A data file is kept under its hash and name, written aside and renamed when it is whole and
/// right.
/// </summary>
/// <param name="folder">Where data files are kept.</param>
internal sealed class SubmittedFiles(string folder)
{
    /// <summary>More than this is refused: the same as for any data file.</summary>
    private const long LargestFile = 16L << 30;

    private const int HashBytes = 32;

    /// <summary>Keeps a run file, durably.</summary>
    public static void KeepRunFile(string path, string text)
    {
        try
        {
            DurableFile.MakeFolder(Path.GetDirectoryName(path)!);
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            throw DurableFile.CannotWrite(path, problem);
        }

        DurableFile.Replace(path, stream => stream.Write(Encoding.UTF8.GetBytes(text)));
    }

    /// <summary>A submission as the record has it: the run file and the data belong to it.</summary>
    /// <param name="id">The run's id.</param>
    /// <param name="folder">The node's, where all of it is already.</param>
    public static OrderEntry Entry(Submission submission, string id, NodeFolder folder)
    {
        var runFile = Encoding.UTF8.GetBytes(submission.RunFile);
        var data = new SubmittedFiles(folder.DataFolder);
        return new OrderEntry(EntryKind.Submitted)
        {
            Of = id,
            Name = submission.Name,
            Submission = submission.Id,
            Files = [.. submission.Files.Select(Kept)],
            Kept =
            [
                new KeptFile(
                    folder.Relative(folder.RunFileOf(id)), runFile.Length, Convert.ToHexStringLower(SHA256.HashData(runFile))),
                .. submission.Files.Select(file => new KeptFile(
                    folder.Relative(data.PathOf(Kept(file))), file.Size, Convert.ToHexStringLower(file.Sha256.Span))).Distinct(),
            ],
        };
    }

    /// <summary>Where a file is, or will be.</summary>
    public string PathOf(SubmittedFile file) => Path.Combine(folder, $"{file.Sha256}-{SafeName(file.Name)}");

    /// <summary>The files that are not here yet.</summary>
    /// <exception cref="UserException">A file is none that can be kept (exit code 2).</exception>
    public IReadOnlyList<DataFile> Missing(IEnumerable<DataFile> files)
    {
        var missing = new List<DataFile>();
        foreach (var file in files)
        {
            if (file.Sha256.Length != HashBytes || file.Size is < 0 or > LargestFile)
            {
                throw new UserException(
                    ExitCode.Usage, $"{WireText.Name(file.Name)} has {file.Size} bytes; data files have {LargestFile} at most.");
            }

            // By its place, not by its bytes: the same file may come under two names.
            var known = new FileInfo(PathOf(Kept(file)));
            if ((!known.Exists || known.Length != file.Size) && !missing.Exists(other => PathOf(Kept(other)) == known.FullName))
            {
                missing.Add(file);
            }
        }

        return missing;
    }

    /// <summary>The files of a run that is about to begin are here as they came.</summary>
    /// <exception cref="UserException">
    /// One is gone, or holds something else (exit code 5). That one is deleted, so that the next submission brings it again.
    /// </exception>
    public void RequireWhole(IEnumerable<SubmittedFile> files)
    {
        foreach (var file in files)
        {
            var path = PathOf(file);
            var problem = "it holds other bytes than were submitted";
            try
            {
                if (Convert.ToHexStringLower(RunData.HashOf(path)) == file.Sha256)
                {
                    continue;
                }

                DurableFile.TryDelete(path);
            }
            catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
            {
                problem = Shown.Reason(unreadable);
            }

            throw new UserException(
                ExitCode.Storage,
                $"The cluster's copy of {WireText.Name(file.Name)}, {path}, cannot be used: {problem}; check the disk, and submit the run "
                + "again.");
        }
    }

    /// <summary>Begins to write a file.</summary>
    public IncomingFile Begin(DataFile file) => new(PathOf(Kept(file)), file);

    /// <summary>A file as the record keeps it.</summary>
    public static SubmittedFile Kept(DataFile file) => new(file.Path, Convert.ToHexStringLower(file.Sha256.Span), file.Name);

    private static string SafeName(string name) => new OfferedFile(0, name, "", 0, []).SafeName;
}

/// <summary>A data file that is being sent.</summary>
internal sealed class IncomingFile : IDisposable
{
    private readonly string _path;
    private readonly string _aside;
    private readonly DataFile _file;
    private readonly FileStream _stream;
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);

    public IncomingFile(string path, DataFile file)
    {
        (_path, _file) = (path, file);
        _aside = $"{path}.{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8))}.part";
        try
        {
            DurableFile.MakeFolder(Path.GetDirectoryName(path)!);
            _stream = new FileStream(_aside, FileMode.CreateNew, FileAccess.Write);
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            throw DurableFile.CannotWrite(path, problem);
        }
    }

    /// <summary>It has all its bytes.</summary>
    public bool IsWhole => _stream.Length == _file.Size;

    /// <summary>Takes the next bytes.</summary>
    /// <exception cref="UserException">They are not the next ones (exit code 2), or cannot be written (exit code 5).</exception>
    public void Take(FilePart part)
    {
        // An empty piece would be the next one for ever.
        if (!part.Sha256.Equals(_file.Sha256) || part.Bytes.IsEmpty || part.Offset != _stream.Position
            || part.Bytes.Length > _file.Size - part.Offset)
        {
            throw new UserException(
                ExitCode.Usage, $"Another piece of {WireText.Name(_file.Name)} was sent than comes next; submit it again.");
        }

        try
        {
            _stream.Write(part.Bytes.Span);
            _hash.AppendData(part.Bytes.Span);
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            throw DurableFile.CannotWrite(_path, problem);
        }
    }

    /// <summary>Puts it in its place, durably, if it is the file that was promised.</summary>
    /// <exception cref="UserException">It is another (exit code 7), or cannot be written (exit code 5).</exception>
    public void Keep()
    {
        var hash = ByteString.CopyFrom(_hash.GetHashAndReset());
        if (!hash.Equals(_file.Sha256))
        {
            throw new UserException(
                ExitCode.Mismatch, $"{WireText.Name(_file.Name)} was changed while it was sent; submit it again.");
        }

        try
        {
            _stream.Flush(flushToDisk: true);
            _stream.Dispose();
            File.Move(_aside, _path, overwrite: true);
            DurableFile.SyncFolder(Path.GetDirectoryName(_path)!);
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            throw DurableFile.CannotWrite(_path, problem);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _stream.Dispose();
        _hash.Dispose();
        DurableFile.TryDelete(_aside);
    }
}
