using Backprop.Shared.Primitives;

namespace Backprop.Shared.Runs.Yaml;

/// <summary>A value of a run file, with the place where it was written: a scalar, a list or a map.</summary>
internal abstract class YamlValue(Place place)
{
    /// <summary>Where it was written.</summary>
    public Place Place { get; } = place;

    /// <summary>What it is, for messages: <c>a list</c>.</summary>
    public abstract string Noun { get; }

    /// <summary>True for nothing, <c>~</c> and <c>null</c>.</summary>
    public virtual bool IsNull => false;
}

/// <summary>Text; plain where it stood without quotes, and may then be a number, a truth value or null.</summary>
internal sealed class YamlScalar(Place place, string text, bool isPlain) : YamlValue(place)
{
    /// <summary>The text, without quotes.</summary>
    public string Text { get; } = text;

    /// <summary>True where there were no quotes.</summary>
    public bool IsPlain { get; } = isPlain;

    /// <inheritdoc/>
    public override string Noun => IsNull ? "nothing" : IsPlain ? Shown.Quoted(Text) : $"the text {Shown.Quoted(Text)}";

    /// <inheritdoc/>
    public override bool IsNull => IsPlain && Text is "" or "~" or "null" or "Null" or "NULL";
}

/// <summary>Values in order.</summary>
internal sealed class YamlList(Place place, List<YamlValue> items) : YamlValue(place)
{
    /// <summary>The values.</summary>
    public List<YamlValue> Items { get; } = items;

    /// <inheritdoc/>
    public override string Noun => "a list";
}

/// <summary>Values by key, in the order of the file; no key twice.</summary>
internal sealed class YamlMap(Place place, List<YamlEntry> entries) : YamlValue(place)
{
    /// <summary>The keys with their values.</summary>
    public List<YamlEntry> Entries { get; } = entries;

    /// <inheritdoc/>
    public override string Noun => "a map";

    /// <summary>The entry of a key, or null.</summary>
    public YamlEntry? Find(string key) => Entries.Find(entry => entry.Key == key);

    /// <summary>The same map with another value for a key, in its place; a new key comes last.</summary>
    public YamlMap With(string key, Place place, YamlValue value)
    {
        var entries = new List<YamlEntry>(Entries);
        var at = entries.FindIndex(entry => entry.Key == key);
        if (at >= 0)
        {
            entries[at] = entries[at] with { Value = value };
        }
        else
        {
            entries.Add(new YamlEntry(key, place, value));
        }

        return new YamlMap(Place, entries);
    }
}

/// <summary>A key with its value, and where the key stands.</summary>
internal sealed record YamlEntry(string Key, Place Place, YamlValue Value);
