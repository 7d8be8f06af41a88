using System.Globalization;
using System.Security.Cryptography;
using Backprop.Shared.Checkpoints;
using Backprop.Shared.Primitives;

namespace Backprop.Coordinator.Cluster.Record.Witness;

/// <summary>
/// The folder of a witness, which nodes on different machines share: <c>id</c>; <c>words/N</c>, of which the highest counts; <c>beat</c>,
/// which a leader writes again and again. A word is put where none of its number is, in one act of the file system. So of two nodes that
/// have read the same word, one alone can put the next: no lock is needed, and one that stands still in between holds up nobody.
/// </summary>
internal sealed class WitnessFolder : IWitnessFolder
{
    private const int IdBytes = 8;

    /// <summary>Words before so many are deleted: nobody reads them.</summary>
    private const long KeptWords = 8;

    private readonly string _path;
    private readonly string _aside = Drawn();
    private long _synced;

    private WitnessFolder(string path) => _path = path;

    /// <inheritdoc/>
    public string Id { get; private init; } = "";

    /// <inheritdoc/>
    public string Path => _path;

    private string IdPath => PathIn("id");

    private string BeatPath => PathIn("beat");

    private string Words => PathIn("words");

    /// <summary>Opens a folder, or makes one.</summary>
    /// <exception cref="UserException">It holds something else (exit code 2), or cannot be used (exit code 5).</exception>
    public static WitnessFolder Open(string path)
    {
        var folder = new WitnessFolder(System.IO.Path.GetFullPath(path));
        try
        {
            DurableFile.MakeFolder(folder._path);
            if (!File.Exists(folder.IdPath))
            {
                if (Directory.EnumerateFileSystemEntries(folder._path).Any(entry => !System.IO.Path.GetFileName(entry).StartsWith('.')))
                {
                    throw folder.NoWitness();
                }

                folder.PutNew(folder.IdPath, System.Text.Encoding.ASCII.GetBytes($"{Voter.WitnessPrefix}{Drawn()}\n"));
            }

            var id = File.ReadAllText(folder.IdPath).Trim();
            if (!Voter.IsWitness(id) || !Shared.Protocol.WireText.IsName(id))
            {
                throw folder.NoWitness();
            }

            DurableFile.MakeFolder(folder.Words);
            return new WitnessFolder(folder._path) { Id = id };
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            throw DurableFile.CannotWrite(folder._path, problem);
        }
    }

    /// <inheritdoc/>
    public WitnessWord? Newest(out bool isDamaged)
    {
        // A storage that was unmounted leaves an empty folder, which would be a witness that has seen nothing.
        RequireIt();
        while (true)
        {
            isDamaged = false;
            if (NewestNumber() is not { } number)
            {
                return null;
            }

            try
            {
                if (number != _synced)
                {
                    // Another has put it, and may have died before it was sure to stay.
                    DurableFile.SyncFolder(Words);
                    _synced = number;
                }

                var word = WitnessWord.Read(File.ReadAllBytes(PathOf(number)));
                isDamaged = word?.Number != number;
                return isDamaged ? null : word;
            }
            catch (FileNotFoundException)
            {
                // Others have put more words since, and deleted this one.
            }
        }
    }

    /// <inheritdoc/>
    public bool TryPut(WitnessWord word)
    {
        RequireIt();
        PutNew(PathOf(word.Number), word.ToBytes());

        // Whether it was this one that was put is in the file: a file system across a network may do it, and say that it failed. A number
        // that was free because it is long past counts no more.
        if (Newest(out _) is not { } newest || newest.Number != word.Number || newest.By != word.By)
        {
            return false;
        }

        DurableFile.TryDelete(PathOf(word.Number - KeptWords));
        return true;
    }

    /// <inheritdoc/>
    public string Beat
    {
        get
        {
            RequireIt();
            return File.Exists(BeatPath) ? File.ReadAllText(BeatPath) : "";
        }

        set
        {
            var aside = PathIn($".beat.{_aside}");
            File.WriteAllText(aside, value);
            File.Move(aside, BeatPath, overwrite: true);
        }
    }

    /// <summary>A number that nobody else draws.</summary>
    public static string Drawn() => Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(IdBytes));

    private void RequireIt()
    {
        if (File.ReadAllText(IdPath).Trim() != Id)
        {
            throw new IOException($"{_path} is another witness now");
        }
    }

    /// <summary>Puts a file where none is. If one is, that one stays.</summary>
    private void PutNew(string path, ReadOnlySpan<byte> bytes)
    {
        var aside = PathIn($".word.{_aside}");
        try
        {
            using (var file = File.OpenHandle(aside, FileMode.Create, FileAccess.Write))
            {
                RandomAccess.Write(file, bytes, 0);
                RandomAccess.FlushToDisk(file);
            }

            DurableFile.TryLink(aside, path);
            DurableFile.SyncFolder(System.IO.Path.GetDirectoryName(path)!);
        }
        finally
        {
            DurableFile.TryDelete(aside);
        }
    }

    private long? NewestNumber()
    {
        long? newest = null;
        foreach (var file in Directory.EnumerateFiles(Words))
        {
            if (long.TryParse(System.IO.Path.GetFileName(file), NumberStyles.None, CultureInfo.InvariantCulture, out var number)
                && !(number <= newest))
            {
                newest = number;
            }
        }

        return newest;
    }

    private string PathOf(long number) => System.IO.Path.Combine(Words, number.ToString("D12", CultureInfo.InvariantCulture));

    private string PathIn(string name) => System.IO.Path.Combine(_path, name);

    private UserException NoWitness() => new(
        ExitCode.Usage, $"{_path} holds other things than a cluster's witness; name an empty or a new folder with --witness.");
}
