using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Backprop.Shared.Runs.Yaml;

/// <summary>Values as text: as a file for people, or as one canonical line.</summary>
internal static class YamlWriter
{
    private static readonly HashSet<string> Reserved = new(StringComparer.OrdinalIgnoreCase)
    {
        "null", "true", "false", "yes", "no", "on", "off", "y", "n", "nan", "inf", "infinity",
    };

    /// <summary>A map as a file: maps in block style, lists of scalars on one line.</summary>
    public static string Block(YamlMap map)
    {
        var text = new StringBuilder();
        WriteMap(text, map, 0);
        return text.ToString();
    }

    /// <summary>A value on one line, with sorted keys and quoted texts: the same for equal values.</summary>
    public static string Canonical(YamlValue value)
    {
        var text = new StringBuilder();
        WriteFlow(text, value, canonical: true);
        return text.ToString();
    }

    /// <summary>A value on one line, for messages.</summary>
    public static string Line(YamlValue value)
    {
        var text = new StringBuilder();
        WriteFlow(text, value, canonical: false);
        return text.ToString();
    }

    private static void WriteMap(StringBuilder text, YamlMap map, int indent)
    {
        foreach (var entry in map.Entries)
        {
            text.Append(' ', indent).Append(Text(entry.Key)).Append(':');
            WriteValue(text, entry.Value, indent + 2);
        }
    }

    private static void WriteValue(StringBuilder text, YamlValue value, int indent)
    {
        switch (value)
        {
            case YamlMap { Entries.Count: > 0 } map:
                text.Append('\n');
                WriteMap(text, map, indent);
                break;
            case YamlList { Items: [YamlMap, ..] } list:
                text.Append('\n');
                foreach (var item in list.Items)
                {
                    text.Append(' ', indent).Append("- ");
                    WriteFlow(text, item, canonical: false);
                    text.Append('\n');
                }

                break;
            default:
                text.Append(' ');
                WriteFlow(text, value, canonical: false);
                text.Append('\n');
                break;
        }
    }

    private static void WriteFlow(StringBuilder text, YamlValue value, bool canonical)
    {
        var space = canonical ? "" : " ";
        switch (value)
        {
            case YamlScalar scalar:
                text.Append(scalar.IsPlain ? scalar.Text : canonical ? Quoted(scalar.Text) : Text(scalar.Text));
                break;
            case YamlList list:
                text.Append('[');
                for (var i = 0; i < list.Items.Count; i++)
                {
                    text.Append(i == 0 ? "" : $",{space}");
                    WriteFlow(text, list.Items[i], canonical);
                }

                text.Append(']');
                break;
            case YamlMap map:
                var entries = canonical ? map.Entries.OrderBy(entry => entry.Key, StringComparer.Ordinal) : map.Entries.AsEnumerable();
                text.Append('{').Append(space);
                foreach (var (i, entry) in entries.Index())
                {
                    text.Append(i == 0 ? "" : $",{space}")
                        .Append(canonical ? Quoted(entry.Key) : Text(entry.Key)).Append(':').Append(space);
                    WriteFlow(text, entry.Value, canonical);
                }

                text.Append(space).Append('}');
                break;
        }
    }

    /// <summary>Text that reads back as text: as it is where no reader can take it for anything else, quoted otherwise.</summary>
    private static string Text(string text) => IsWord(text) && !Reserved.Contains(text) ? text : Quoted(text);

    private static bool IsWord(string text) =>
        text.Length > 0 && (char.IsAsciiLetter(text[0]) || text[0] is '/' or '_')
        && text.All(character => char.IsAsciiLetterOrDigit(character) || character is '/' or '_' or '-' or '.');

    // JSON's escapes are all YAML's too.
    private static string Quoted(string text) => $"\"{JsonEncodedText.Encode(text, JavaScriptEncoder.UnsafeRelaxedJsonEscaping)}\"";
}
