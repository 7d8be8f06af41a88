using System.Collections;

namespace Backprop.Shared.Runs.Yaml;

/// <summary>Turns specs back into values that bind to equal ones; every setting is written, defaults included.</summary>
/// <param name="folder">Where relative paths start; null leaves paths out.</param>
internal sealed class SpecWriter(string? folder)
{
    /// <summary>The entries of a record.</summary>
    public YamlMap Record(object spec)
    {
        var settings = Settings.Of(spec.GetType());
        var entries = new List<YamlEntry>();
        foreach (var setting in settings.All)
        {
            if (Value(setting, spec) is { } value)
            {
                var keys = setting.Key.Split('.');
                var nested = keys.Length == 1 ? value : new YamlMap(default, [new YamlEntry(keys[1], default, value)]);
                entries.Add(new YamlEntry(keys[0], default, nested));
            }
        }

        return new YamlMap(default, entries);
    }

    private YamlValue? Value(Setting setting, object spec)
    {
        var value = setting.Get(spec);
        if (setting.IsPath)
        {
            return value is null || folder is null ? null : Scalars.Write(Path.GetFullPath((string)value, Path.GetFullPath(folder)));
        }

        // Null is what a setting is when it is left out, unless its default is something else.
        return value is not null ? Any(setting.Type, value)
            : setting.Get(Settings.Of(spec.GetType()).Create()) is null ? null
            : new YamlScalar(default, "null", isPlain: true);
    }

    private YamlValue Any(Type type, object value)
    {
        if (Scalars.Has(type))
        {
            return Scalars.Write(value);
        }

        if (Family.Of(type) is not null)
        {
            var kind = new YamlEntry(Choice.KindKey, default, new YamlScalar(default, Family.KindOf(value), isPlain: true));
            return new YamlMap(default, [kind, .. Record(value).Entries]);
        }

        if (Collections.ItemOf(type) is { } item)
        {
            return new YamlList(default, [.. ((IEnumerable)value).Cast<object>().Select(held => Any(item, held))]);
        }

        return Collections.ValueOf(type) is { } inner
            ? new YamlMap(default, [.. Entries((IEnumerable)value, inner)])
            : Record(value);
    }

    private IEnumerable<YamlEntry> Entries(IEnumerable dictionary, Type inner)
    {
        foreach (var pair in dictionary)
        {
            var (key, value) = Pair(pair);
            yield return new YamlEntry(key, default, Any(inner, value));
        }
    }

    private static (string Key, object Value) Pair(object pair)
    {
        var type = pair.GetType();
        return ((string)type.GetProperty("Key")!.GetValue(pair)!, type.GetProperty("Value")!.GetValue(pair)!);
    }
}
