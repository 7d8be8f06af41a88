using Backprop.Shared.Primitives;
using Backprop.Shared.Runs;
using Backprop.Shared.Runs.Yaml;

namespace Backprop.Tests.Shared.Runs.Yaml;

/// <summary>Specs of every shape that the binder knows, with a family of their own, so that no real catalogue sees them.</summary>
internal sealed record Kitchen
{
    public required DishSpec Dish { get; init; }

    public IReadOnlyList<DishSpec> Menu { get; init; } = [];

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

    public Heat Heat { get; init; }

    public double[][] Table { get; init; } = [];

    public float[] Row { get; init; } = [];

    public IReadOnlyDictionary<string, double> Prices { get; init; } = new Dictionary<string, double>();

    public Pan? Pan { get; init; }

    [FilePath]
    public string? Book { get; init; }

    [SettingKey("side.share")]
    public double? SideShare { get; init; }

    public DishSpec? Side { get; init; }

    public bool NotASetting => Open;

    public static Kitchen Read(string yaml, params string[] sets)
    {
        var root = YamlReader.Read(yaml, (line, column) => new Place("k.yaml", line, column))!;
        foreach (var set in sets)
        {
            root = Overrides.Apply(typeof(Kitchen), root, set);
        }

        return (Kitchen)SpecBinder.BindRecord(typeof(Kitchen), (YamlMap)root, "", RunFileReader.Owner);
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

internal sealed record Pan
{
    public double Size { get; init; } = 20;
}

internal enum Heat
{
    Low,
    VeryHigh,
    True,
}

internal abstract record DishSpec;

[Kind("soup")]
internal sealed record Soup : DishSpec
{
    public required double Salt { get; init; }

    public double Pepper { get; init; } = 1;

    public DishSpec? Topping { get; init; }
}

[Kind("bread")]
internal sealed record Bread : DishSpec;

[Kind("cut-cake")]
internal sealed record Cake : DishSpec
{
    public int Pieces { get; init; } = 8;
}

[Kind("salad")]
internal sealed record Salad : DishSpec
{
    [PrimarySetting]
    public IReadOnlyDictionary<string, float[][]> Parts { get; init; } = new Dictionary<string, float[][]>();

    public bool Washed { get; init; } = true;
}

/// <summary>A family member whose setting is called as the member itself, as momentum's momentum is.</summary>
[Kind("stew")]
internal sealed record Stew : DishSpec
{
    [SettingKey("stew")]
    public double Hours { get; init; } = 2;
}
