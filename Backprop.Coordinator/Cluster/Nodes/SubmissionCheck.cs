using System.Security.Cryptography;
using System.Text;
using Backprop.Shared.Primitives;
using Backprop.Shared.Protocol;
using Backprop.Shared.Runs;
using Backprop.Worker.Protocol;

namespace Backprop.Coordinator.Cluster.Nodes;

/// <summary>What a submission must be before anything is kept of it. Pure.</summary>
internal static class SubmissionCheck
{
    private const int FilesMaximum = 1000;

    /// <summary>A folder is called so: a file system takes 255 bytes, and a number may follow.</summary>
    private const int NameBytesMaximum = 200;

    /// <summary>The same for the same run file and the same data.</summary>
    public static string IdOf(string runFile, IEnumerable<DataFile> files)
    {
        var text = new StringBuilder(runFile);
        foreach (var file in files)
        {
            text.Append('\n').Append(Convert.ToHexStringLower(file.Sha256.Span));
        }

        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text.ToString())));
    }

    /// <summary>
    /// Reads a submitted run file. A path in it that is no full one means the same when it is judged and when it is read: it is nowhere
    /// near the node's own files.
    /// </summary>
    /// <param name="called">What messages call it.</param>
    /// <exception cref="UserException">It is none (exit code 2).</exception>
    public static RunFile Read(string text, string called) => RunFile.Parse(text, called, "/", []);

    /// <exception cref="UserException">
    /// It is none: the name is no folder's, the run file is none, or the files are too many (exit code 2).
    /// </exception>
    public static void Require(Submission submission)
    {
        if (submission.Name.Length is 0 or > 100 || !submission.Name.All(RunFileReader.IsNameCharacter) || submission.Name[0] is ' ' or '.'
            || Encoding.UTF8.GetByteCount(submission.Name) > NameBytesMaximum)
        {
            throw new UserException(
                ExitCode.Usage, $"'{WireText.Name(submission.Name)}' is no name for a run; correct the run file's name.");
        }

        if (!WireText.IsName(submission.Id) || submission.Files.Count > FilesMaximum)
        {
            throw new UserException(ExitCode.Usage, $"A submission has an id, and {FilesMaximum} data files at most.");
        }

        // Otherwise a submission could have the coordinator read, and hand to workers, whatever lies on its machine.
        var paths = submission.Files.Select(file => file.Path).ToHashSet();
        if (paths.Count < submission.Files.Count)
        {
            throw new UserException(ExitCode.Usage, "A submission names a data file twice; submit it with 'backprop submit'.");
        }

        var named = RunData.PathsOf(Read(submission.RunFile, "the submitted run file"));
        if (named.FirstOrDefault(path => !paths.Contains(path)) is { } other)
        {
            throw new UserException(
                ExitCode.Usage,
                $"The run file names {WireText.Sentence(other)}, which does not come with it; submit it with 'backprop submit'.");
        }
    }
}
