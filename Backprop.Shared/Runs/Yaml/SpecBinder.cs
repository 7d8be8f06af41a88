using Backprop.Shared.Primitives;

namespace Backprop.Shared.Runs.Yaml;

/// <summary>Makes specs of values: records with <c>required</c> and <c>init</c> properties, found by reflection.</summary>
internal static class SpecBinder
{
    /// <summary>Makes a value of a type.</summary>
    /// <param name="type">A scalar, list, dictionary, record or family.</param>
    /// <param name="value">What the run file says.</param>
    /// <param name="path">The dotted path of the value, for messages.</param>
    /// <exception cref="UserException">It does not fit; the message says where and why.</exception>
    public static object Bind(Type type, YamlValue value, string path)
    {
        if (Scalars.Has(type))
        {
            return Scalars.Read(type, value, path);
        }

        if (Family.Of(type) is { } family)
        {
            var choice = Choice.Read(family, value, path);
            return BindRecord(choice.Type, choice.Settings, path, $"{family.Noun} '{choice.Kind}'");
        }

        if (Collections.ItemOf(type) is { } item)
        {
            return BindList(type, item, value, path);
        }

        return Collections.ValueOf(type) is { } held
            ? BindMap(held, value, path)
            : BindRecord(type, MapIn(type, value, path), path, $"'{path}'");
    }

    /// <summary>Makes a record of the entries of a map.</summary>
    /// <param name="type">The record's type.</param>
    /// <param name="map">Its settings.</param>
    /// <param name="path">The dotted path of the record; empty for the run file itself.</param>
    /// <param name="owner">How a message calls it.</param>
    public static object BindRecord(Type type, YamlMap map, string path, string owner)
    {
        var settings = Settings.Of(type);
        var found = Match(settings, map, owner);
        var spec = settings.Create();
        foreach (var (setting, value) in found)
        {
            BindSetting(spec, setting, value, path.Length == 0 ? setting.Key : $"{path}.{setting.Key}");
        }

        foreach (var setting in settings.All)
        {
            if (setting.IsRequired && !found.ContainsKey(setting))
            {
                throw map.Place.Problem($"{owner} needs '{setting.Key}'; add it");
            }
        }

        return spec;
    }

    private static Dictionary<Setting, YamlValue> Match(Settings settings, YamlMap map, string owner)
    {
        var found = new Dictionary<Setting, YamlValue>();
        foreach (var entry in map.Entries)
        {
            if (Nested(settings, entry) is { } nested)
            {
                found.Add(nested.Setting, nested.Value);
                continue;
            }

            RefuseMixture(settings, entry);
            var setting = entry.Key.Contains('.') ? null : settings.Find(entry.Key);
            if (setting is null)
            {
                var keys = settings.All.Select(known => known.Key.Split('.')[0]).Distinct().ToList();
                var whose = owner == RunFileReader.Owner ? "" : $" of {owner}";
                var advice = Nearest.Advice(entry.Key, keys, typeof(RunFile));
                throw entry.Place.Problem($"unknown key {Shown.Quoted(entry.Key)}{whose}; {advice}");
            }

            // A --set to null takes a key out again; in a file, a key without a value is more likely a slip.
            if (!(entry.Value is { IsNull: true, Place.IsSet: true } && !setting.IsRequired))
            {
                found.Add(setting, entry.Value);
            }
        }

        return found;
    }

    /// <summary>The setting <c>a.b</c> that is written <c>a: { b: ... }</c>.</summary>
    private static (Setting Setting, YamlValue Value)? Nested(Settings settings, YamlEntry entry) =>
        entry.Value is YamlMap { Entries: [var inner] } && settings.Find($"{entry.Key}.{inner.Key}") is { } setting
            ? (setting, inner.Value)
            : null;

    /// <summary>A setting <c>a.b</c> is an alternative to what else may stand under a: beside it, it would be lost.</summary>
    private static void RefuseMixture(Settings settings, YamlEntry entry)
    {
        if (entry.Value is YamlMap map && map.Entries.Find(inner => settings.Find($"{entry.Key}.{inner.Key}") is not null) is { } alone)
        {
            var others = Shown.List([.. map.Entries.Where(inner => inner != alone).Select(inner => inner.Key)]);
            throw alone.Place.Problem($"'{alone.Key}' stands alone in '{entry.Key}', but there is {others} too; keep one of them");
        }
    }

    private static void BindSetting(object spec, Setting setting, YamlValue value, string path)
    {
        if (value.IsNull && !setting.AcceptsNull)
        {
            throw value.Place.Problem($"'{path}' has no value; write one{(setting.IsRequired ? "" : " or leave the key out")}");
        }

        var bound = value.IsNull ? null : Bind(setting.Type, value, path);
        if (setting.IsPath && bound is "")
        {
            throw value.Place.Problem($"'{path}' is empty; name a file");
        }

        try
        {
            setting.Set(spec, bound);
        }
        catch (ArgumentException exception)
        {
            var what = value is YamlScalar ? $"'{path}' cannot be {value.Noun}" : $"'{path}' does not fit";
            throw value.Place.Problem($"{what}: {Reason(exception)}", exception);
        }
    }

    /// <summary>The words of an exception that a property threw, without the runtime's additions.</summary>
    private static string Reason(ArgumentException exception)
    {
        var message = exception.Message.Split('\n')[0];
        var end = message.IndexOf(" (Parameter '", StringComparison.Ordinal);
        message = (end < 0 ? message : message[..end]).Trim().TrimEnd('.');
        return Shown.Sentence(message);
    }

    private static object BindList(Type type, Type item, YamlValue value, string path)
    {
        var items = (value as YamlList)?.Items
            ?? throw value.Place.Problem($"'{path}' must be a list, but is {value.Noun}; write [ ... ] or lines with '- '");
        return Collections.MakeList(type, item, items.Count, i => Bind(item, items[i], $"{path}.{i}"));
    }

    private static object BindMap(Type held, YamlValue value, string path)
    {
        var map = value as YamlMap ?? throw value.Place.Problem($"'{path}' must be a map, but is {value.Noun}; write {{ name: value }}");
        var bound = Collections.MakeMap(held);
        foreach (var entry in map.Entries)
        {
            bound.Add(entry.Key, Bind(held, entry.Value, $"{path}.{entry.Key}"));
        }

        return bound;
    }

    private static YamlMap MapIn(Type type, YamlValue value, string path)
    {
        var settings = Settings.Of(type);
        return value as YamlMap
            ?? (settings.Primary is { } primary && !value.IsNull
                ? new YamlMap(value.Place, [new YamlEntry(primary.Key, value.Place, value)])
                : null)
            ?? throw value.Place.Problem(
                $"'{path}' must be a map, but is {value.Noun}; write its keys, {Shown.List([.. settings.All.Select(s => s.Key)])}");
    }
}
