using System.Text;
using Backprop.Shared.Primitives;
using Backprop.Shared.Runs.Yaml;

namespace Backprop.Shared.Runs;

/// <summary>Reads run files: the bytes, the text, the overrides, and what holds between settings.</summary>
internal static class RunFileReader
{
    /// <summary>How messages call the run file as the owner of its keys.</summary>
    public const string Owner = "the run file";

    private const int LargestFile = 16 << 20;
    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    public static RunFile Load(string path, IReadOnlyList<string> sets)
    {
        var text = ReadText(path);
        return Parse(text, path, Path.GetDirectoryName(Path.GetFullPath(path)) ?? "", sets);
    }

    public static RunFile Parse(string yaml, string fileName, string folder, IReadOnlyList<string> sets)
    {
        if (yaml.Length > LargestFile)
        {
            throw TooLarge(fileName);
        }

        var text = yaml.StartsWith('\uFEFF') ? yaml[1..] : yaml;
        var start = new Place(fileName, 1, 1);
        var root = YamlReader.Read(text, (line, column) => new Place(fileName, line, column));
        if (root is null or { IsNull: true })
        {
            throw start.Problem("this is empty; a run file has at least data, model, loss, optimizer, batch, and epochs or steps");
        }

        if (root is not YamlMap)
        {
            throw root.Place.Problem($"a run file is a map with keys such as 'data:' and 'model:', but this is {root.Noun}; correct it");
        }

        foreach (var set in sets)
        {
            root = Overrides.Apply(typeof(RunFile), root, set);
        }

        var map = Named(StandardizedByScale((YamlMap)root), fileName);
        var run = (RunFile)SpecBinder.BindRecord(typeof(RunFile), map, "", Owner);
        CheckLength(run, map);
        return run with { Folder = folder };
    }

    /// <summary>True for what may stand in a run's name, and so in its folder's.</summary>
    public static bool IsNameCharacter(char character) => char.IsLetterOrDigit(character) || character is ' ' or '-' or '_' or '.';

    private static string ReadText(string path)
    {
        if (Directory.Exists(path))
        {
            throw Unreadable(path, "this is a folder; name the run file in it");
        }

        try
        {
            return Utf8.GetString(ReadBytes(path));
        }
        catch (DecoderFallbackException exception)
        {
            throw Unreadable(path, "this is not a text file in UTF-8; name a run file", exception);
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException or ArgumentException)
        {
            throw Unreadable(path, "there is no such file; check the path of the run file", exception);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw Unreadable(path, $"this cannot be read ({Shown.Reason(exception)}); make it readable", exception);
        }
    }

    private static byte[] ReadBytes(string path)
    {
        using var file = File.OpenRead(path);
        var bytes = new MemoryStream();
        var block = new byte[1 << 16];
        for (var read = file.Read(block); read > 0; read = file.Read(block))
        {
            // Counted while reading, since a pipe or a device does not say how long it is.
            if (bytes.Length + read > LargestFile)
            {
                throw TooLarge(path);
            }

            bytes.Write(block, 0, read);
        }

        return bytes.ToArray();
    }

    private static UserException TooLarge(string path) =>
        Unreadable(path, $"this is larger than the {LargestFile >> 20} MiB that a run file may have; keep data in a CSV or IDX file");

    private static UserException Unreadable(string path, string sentence, Exception? inner = null) =>
        new(ExitCode.Usage, $"{Shown.Text(path)}: {sentence}", inner);

    private static YamlMap Named(YamlMap map, string fileName)
    {
        var stem = Path.GetFileNameWithoutExtension(fileName);
        if (map.Find("name") is not null || stem.Length == 0 || !char.IsLetterOrDigit(stem[0]))
        {
            return map;
        }

        var name = string.Concat(stem.Select(character => IsNameCharacter(character) ? character : '-').Take(50));
        return map.With("name", map.Place, new YamlScalar(map.Place, name, isPlain: false));
    }

    /// <summary><c>data: { standardize: true }</c> is short for <c>data: { scale: { standardize: true } }</c>.</summary>
    private static YamlMap StandardizedByScale(YamlMap map)
    {
        if (map.Find("data") is not { Value: YamlMap data } outer || data.Find("standardize") is not { } entry)
        {
            return map;
        }

        if (data.Find("scale")?.Value is not (null or YamlMap or { IsNull: true }))
        {
            return map;
        }

        var scale = data.Find("scale")?.Value as YamlMap ?? new YamlMap(entry.Place, []);
        if (scale.Find("standardize") is not null)
        {
            throw entry.Place.Problem("'data.scale' says standardize too; keep one");
        }

        var rest = new YamlMap(data.Place, [.. data.Entries.Where(other => other != entry)]);
        return map.With("data", outer.Place, rest.With("scale", entry.Place, new YamlMap(scale.Place, [.. scale.Entries, entry])));
    }

    private static void CheckLength(RunFile run, YamlMap map)
    {
        if (run.Epochs is null && run.Steps is null)
        {
            throw map.Place.Problem($"{Owner} says no length; add epochs or steps");
        }

        if (run.Epochs is not null && run.Steps is not null)
        {
            var (epochs, steps) = (map.Find("epochs")!, map.Find("steps")!);
            throw epochs.Value.Place.IsSet && !steps.Value.Place.IsSet
                ? epochs.Value.Place.Problem("the length is said twice, since the file says steps; add --set steps=null")
                : steps.Value.Place.IsSet && !epochs.Value.Place.IsSet
                    ? steps.Value.Place.Problem("the length is said twice, since the file says epochs; add --set epochs=null")
                    : steps.Place.Problem("the length is said twice; keep epochs or steps");
        }
    }
}
