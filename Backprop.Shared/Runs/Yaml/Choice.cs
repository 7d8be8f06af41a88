using Backprop.Shared.Primitives;

namespace Backprop.Shared.Runs.Yaml;

/// <summary>
/// What a run file chose from a family, whichever way it was written: <c>relu</c>, <c>{ linear: { out: 10 } }</c>, <c>{ linear: 10 }</c> or
/// <c>{ kind: linear, out: 10 }</c>.
/// </summary>
/// <param name="Kind">The kind.</param>
/// <param name="Type">Its spec's type.</param>
/// <param name="KindPlace">Where the kind stands.</param>
/// <param name="Settings">Its settings, without the kind.</param>
internal sealed record Choice(string Kind, Type Type, Place KindPlace, YamlMap Settings)
{
    /// <summary>The key that names the kind among its settings.</summary>
    public const string KindKey = "kind";

    /// <summary>Reads a choice.</summary>
    public static Choice Read(Family family, YamlValue value, string path)
    {
        switch (value)
        {
            case YamlScalar { IsNull: false } scalar:
                return new Choice(scalar.Text, Find(family, scalar.Text, scalar.Place), scalar.Place, new YamlMap(scalar.Place, []));
            case YamlMap map when map.Find(KindKey) is { } entry:
                var kind = entry.Value as YamlScalar
                    ?? throw entry.Value.Place.Problem(
                        $"'{path}.kind' must be a word, but is {entry.Value.Noun}; name a {family.Noun}");
                var settings = new YamlMap(map.Place, [.. map.Entries.Where(other => other != entry)]);
                return new Choice(kind.Text, Find(family, kind.Text, kind.Place), kind.Place, settings);
            case YamlMap { Entries: [var only] }:
                var type = Find(family, only.Key, only.Place);
                return new Choice(only.Key, type, only.Place, SettingsOf(only, type, path));
            case YamlMap { Entries: [var first, ..] } when family.Find(first.Key) is not null:
                throw first.Place.Problem(
                    $"'{path}' has more keys beside '{first.Key}'; move them into its settings, as in {first.Key}: {{ ... }}");
            case YamlMap map:
                throw map.Place.Problem($"'{path}' does not say which {family.Noun} it is; add 'kind', one of {Shown.List(family.Kinds)}");
            default:
                throw value.Place.Problem(
                    $"'{path}' must be a {family.Noun}, but is {value.Noun}; write one of {Shown.List(family.Kinds)}, with its settings");
        }
    }

    /// <summary>The kind that a value names, where it names a known one.</summary>
    public static string? KindIn(Family family, YamlValue? value) => value switch
    {
        YamlScalar scalar when family.Find(scalar.Text) is not null => scalar.Text,
        YamlMap map when map.Find(KindKey) is { Value: YamlScalar kind } => family.Find(kind.Text) is null ? null : kind.Text,
        YamlMap { Entries: [var only] } when family.Find(only.Key) is not null => only.Key,
        _ => null,
    };

    private static Type Find(Family family, string kind, Place place) => family.Find(kind)
        ?? throw place.Problem($"unknown {family.Noun} {Shown.Quoted(kind)}; {Nearest.Advice(kind, family.Kinds)}");

    private static YamlMap SettingsOf(YamlEntry entry, Type type, string path)
    {
        var value = entry.Value;
        var primary = Yaml.Settings.Of(type).Primary;
        return value switch
        {
            YamlMap map when !(primary is not null && Collections.IsMap(primary.Type)) || map.Find(primary.Key) is not null => map,
            { IsNull: true } => new YamlMap(entry.Place, []),
            _ when primary is not null => new YamlMap(value.Place, [new YamlEntry(primary.Key, value.Place, value)]),
            _ => throw value.Place.Problem(
                $"the settings of '{path}.{entry.Key}' must be a map, but are {value.Noun}; write {entry.Key}: {{ key: value }}"),
        };
    }
}
