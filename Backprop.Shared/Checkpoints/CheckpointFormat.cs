using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Backprop.Shared.Data;
using Backprop.Shared.Formats;
using Backprop.Shared.Primitives;

namespace Backprop.Shared.Checkpoints;

/// <summary>
/// A checkpoint is a safetensors file. Its metadata begins with <c>checksum</c>: SHA-256 over the whole file (length, header and data),
/// with the 64 digits of the checksum itself taken as zeros. So one pass writes the file, with the digits put in at their known place at
/// the end, and no byte of it can change unnoticed.
/// </summary>
internal static class CheckpointFormat
{
    /// <summary>The version of this format; a reader refuses others.</summary>
    public const int Version = 1;

    private const int DigitsLength = 64;

    private static readonly string BlankDigits = new('0', DigitsLength);

    /// <summary>What follows the header's length, in every checkpoint.</summary>
    private static ReadOnlySpan<byte> Prefix => "{\"__metadata__\":{\"checksum\":\""u8;

    /// <summary>Where the checksum's digits are in the file.</summary>
    public static int DigitsOffset => sizeof(ulong) + Prefix.Length;

    /// <summary>The metadata of a checkpoint, its checksum still blank.</summary>
    public static IReadOnlyList<KeyValuePair<string, string>> ToMetadata(Checkpoint checkpoint) =>
    [
        new("checksum", BlankDigits),
        new("kind", "backprop-checkpoint"),
        new("version", Text(Version)),
        new("step", Text(checkpoint.Step)),
        new("epoch", Text(checkpoint.Epoch)),
        new("samples", Text(checkpoint.Samples)),
        new("seed", Text(checkpoint.Seed)),
        new("identity", checkpoint.Identity),
        new("numericsVersion", Text(checkpoint.NumericsVersion)),
        new("loss", Text(checkpoint.Loss)),
        new("epochLossSum", Text(checkpoint.EpochLossSum)),
        new("epochSamples", Text(checkpoint.EpochSamples)),
        new("lastEvaluation", Evaluation.ToJson(checkpoint.LastEvaluation)),
        new("bestEvaluation", Evaluation.ToJson(checkpoint.BestEvaluation)),
        new("secondsTraining", Text(checkpoint.SecondsTraining)),
        new("isBest", checkpoint.IsBest ? "true" : "false"),
        new("bestValue", Text(checkpoint.BestValue)),
        new("classNames", Text(checkpoint.ClassNames)),
        new("inputNames", Text(checkpoint.Columns.Inputs)),
        new("answerNames", Text(checkpoint.Columns.Answers)),
        new("inputShape", string.Join(' ', checkpoint.InputShape.Select(Text))),
        new("initHash", checkpoint.InitHash),
        new("scaling", checkpoint.Scaling),
        new("dataFiles", JsonSerializer.Serialize(checkpoint.DataFiles, CheckpointJson.Default.IReadOnlyListDataFileStamp)),
        new("runFile", checkpoint.RunFile),
    ];

    /// <summary>What the metadata of a file say.</summary>
    /// <exception cref="UserException">Another version (mismatch), or something that no writer writes (storage).</exception>
    public static Checkpoint FromMetadata(string path, IReadOnlyDictionary<string, string> metadata)
    {
        var version = Parsed<int>(path, metadata, "version");
        if (version != Version)
        {
            throw new UserException(
                ExitCode.Mismatch,
                $"{path} is a checkpoint of format {version}, this program reads format {Version}; use the version that wrote it.");
        }

        return new Checkpoint
        {
            Step = Parsed<long>(path, metadata, "step"),
            Epoch = Parsed<int>(path, metadata, "epoch"),
            Samples = Parsed<long>(path, metadata, "samples"),
            Seed = Parsed<ulong>(path, metadata, "seed"),
            Identity = Required(path, metadata, "identity"),
            NumericsVersion = Parsed<int>(path, metadata, "numericsVersion"),
            Loss = Parsed<double>(path, metadata, "loss"),
            EpochLossSum = metadata.ContainsKey("epochLossSum") ? Parsed<double>(path, metadata, "epochLossSum") : 0,
            EpochSamples = metadata.ContainsKey("epochSamples") ? Parsed<long>(path, metadata, "epochSamples") : 0,
            LastEvaluation = Json(path, metadata, "lastEvaluation", Evaluation.FromJson),
            BestEvaluation = Json(path, metadata, "bestEvaluation", Evaluation.FromJson),
            DataFiles = Json(path, metadata, "dataFiles", DataFileStamp.FromJson) ?? [],
            SecondsTraining = Parsed<double>(path, metadata, "secondsTraining"),
            IsBest = Required(path, metadata, "isBest") == "true",
            BestValue = Parsed<double>(path, metadata, "bestValue"),
            ClassNames = Json(path, metadata, "classNames", Names) ?? throw Missing(path, "classNames"),
            Columns = new ColumnNames
            {
                Inputs = Json(path, metadata, "inputNames", Names) ?? [],
                Answers = Json(path, metadata, "answerNames", Names) ?? [],
            },
            InputShape = Sizes(path, Required(path, metadata, "inputShape")),
            InitHash = Required(path, metadata, "initHash"),
            Scaling = Required(path, metadata, "scaling"),
            RunFile = Required(path, metadata, "runFile"),
        };
    }

    /// <summary>True where the file's head begins as every checkpoint's does.</summary>
    public static bool HasChecksum(ReadOnlySpan<byte> head) =>
        head.Length >= DigitsOffset + DigitsLength && head[sizeof(ulong)..].StartsWith(Prefix);

    /// <summary>True where the checksum in the file is that of its bytes.</summary>
    public static bool IsIntact(SafetensorsFile file)
    {
        var head = file.Head.ToArray();
        Span<byte> digits = stackalloc byte[DigitsLength];
        head.AsSpan(DigitsOffset, DigitsLength).CopyTo(digits);
        head.AsSpan(DigitsOffset, DigitsLength).Fill((byte)'0');
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(head);
        file.AppendData(hash);
        return digits.SequenceEqual(Digits(hash));
    }

    /// <summary>The checksum's digits, as they stand in the file.</summary>
    public static byte[] Digits(IncrementalHash hash) => Encoding.ASCII.GetBytes(Convert.ToHexStringLower(hash.GetHashAndReset()));

    private static string Text<T>(T value) where T : IFormattable => value.ToString(null, CultureInfo.InvariantCulture);

    private static T Parsed<T>(string path, IReadOnlyDictionary<string, string> metadata, string key) where T : IParsable<T> =>
        T.TryParse(Required(path, metadata, key), CultureInfo.InvariantCulture, out var value)
            ? value : throw SafetensorsFile.Damaged(path, $"its {key} is no number");

    private static string Required(string path, IReadOnlyDictionary<string, string> metadata, string key) =>
        metadata.TryGetValue(key, out var value) ? value : throw Missing(path, key);

    private static UserException Missing(string path, string key) => SafetensorsFile.Damaged(path, $"its metadata lack {key}");

    private static int[] Sizes(string path, string text)
    {
        var parts = text.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        var sizes = new int[parts.Length];
        for (var i = 0; i < parts.Length; i++)
        {
            if (!int.TryParse(parts[i], NumberStyles.None, CultureInfo.InvariantCulture, out sizes[i]) || sizes[i] < 1)
            {
                throw SafetensorsFile.Damaged(path, "its inputShape is no list of sizes");
            }
        }

        return sizes;
    }

    private static string Text(IReadOnlyList<string> names) => JsonSerializer.Serialize(names, CheckpointJson.Default.IReadOnlyListString);

    private static string[]? Names(string json) => JsonSerializer.Deserialize(json, CheckpointJson.Default.StringArray);

    /// <summary>What JSON says; null where there is none, as in checkpoints that were written before it was kept.</summary>
    private static T? Json<T>(string path, IReadOnlyDictionary<string, string> metadata, string key, Func<string, T?> read)
        where T : class
    {
        try
        {
            return metadata.TryGetValue(key, out var json) ? read(json) : null;
        }
        catch (JsonException)
        {
            throw SafetensorsFile.Damaged(path, $"its {key} cannot be read");
        }
    }
}
