using Backprop.Shared.Primitives;
using Backprop.Shared.Runs;
using Backprop.Shared.Runs.Yaml;

namespace Backprop.Tests.Shared.Runs.Yaml;

/// <summary>
/// A spec with a setting of every type that the binder knows, and with a family of its own, the cells of a recurrent network, so that no
/// real catalogue sees them.
/// </summary>
internal sealed record EverySetting
{
    public required CellSpec Cell { get; init; }

    public IReadOnlyList<CellSpec> Rest { get; init; } = [];

    public int Count
    {
        get;
        init => field = value > 0 ? value : throw new ArgumentOutOfRangeException(nameof(Count), "count must be 1 or more");
    } = 1;

    public long? Limit { get; init; }

    public ulong Seed { get; init; } = 1;

    public double Rate { get; init; } = 0.5;

    public float Small { get; init; } = 0.1f;

    public bool Open { get; init; }

    public string Label { get; init; } = "last";

    public string? Note { get; init; }

    public Gain Gain { get; init; }

    public double[][] Table { get; init; } = [];

    public float[] Row { get; init; } = [];

    public IReadOnlyDictionary<string, double> Scales { get; init; } = new Dictionary<string, double>();

    public Pad? Pad { get; init; }

    [FilePath]
    public string? File { get; init; }

    [SettingKey("skip.ratio")]
    public double? SkipRatio { get; init; }

    public CellSpec? Skip { get; init; }

    public bool NotASetting => Open;

    public static EverySetting Read(string yaml, params string[] sets)
    {
        var root = YamlReader.Read(yaml, (line, column) => new Place("t.yaml", line, column))!;
        foreach (var set in sets)
        {
            root = Overrides.Apply(typeof(EverySetting), root, set);
        }

        return (EverySetting)SpecBinder.BindRecord(typeof(EverySetting), (YamlMap)root, "", RunFileReader.Owner);
    }

    public static string ErrorOf(string yaml, params string[] sets)
    {
        var error = Should.Throw<UserException>(() => Read(yaml, sets));
        error.ExitCode.ShouldBe(ExitCode.Usage);
        error.Message.ShouldNotContain("\n");
        return error.Message;
    }

    public string Write(string folder = "/") => YamlWriter.Block(new SpecWriter(folder).Record(this));

    public string Canonical() => YamlWriter.Canonical(new SpecWriter(null).Record(this));
}

internal sealed record Pad
{
    public double Size { get; init; } = 20;
}

internal enum Gain
{
    Low,
    VeryHigh,
    True,
}

internal abstract record CellSpec;

[Kind("lstm")]
internal sealed record Lstm : CellSpec
{
    public required double Drop { get; init; }

    public double Forget { get; init; } = 1;

    public CellSpec? Stacked { get; init; }
}

[Kind("plain")]
internal sealed record Plain : CellSpec;

[Kind("gru-cell")]
internal sealed record GruCell : CellSpec
{
    public int Groups { get; init; } = 8;
}

[Kind("fixed")]
internal sealed record Fixed : CellSpec
{
    [PrimarySetting]
    public IReadOnlyDictionary<string, float[][]> Parts { get; init; } = new Dictionary<string, float[][]>();

    public bool Frozen { get; init; } = true;
}

/// <summary>A family member whose setting is called as the member itself, as momentum's momentum is.</summary>
[Kind("leak")]
internal sealed record Leak : CellSpec
{
    [SettingKey("leak")]
    public double Rate { get; init; } = 2;
}
