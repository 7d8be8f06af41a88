using System.Globalization;
using System.Text;
using Backprop.Shared.Primitives;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Backprop.Shared.Runs.Yaml;

/// <summary>
/// Reads one YAML document into values with places. It goes by the parser's events with a stack of its own, so that deep nesting cannot
/// overflow the thread's stack; depth and number of values are bounded, and anchors, aliases and tags are refused.
/// </summary>
internal sealed class YamlReader
{
    /// <summary>How deep values may be nested.</summary>
    public const int DeepestNesting = 64;

    private const int MostValues = 1_000_000;

    private readonly Func<int, int, Place> _placeOf;
    private readonly Stack<Frame> _open = new();
    private YamlValue? _root;
    private int _documents;
    private int _values;

    private YamlReader(Func<int, int, Place> placeOf) => _placeOf = placeOf;

    /// <summary>Reads the text.</summary>
    /// <param name="text">YAML.</param>
    /// <param name="placeOf">The place of a 1-based line and column.</param>
    /// <returns>The document, or null where the text holds none.</returns>
    /// <exception cref="UserException">The text is not YAML, or more than a run file needs.</exception>
    public static YamlValue? Read(string text, Func<int, int, Place> placeOf)
    {
        RefuseControlCharacters(text, placeOf);
        var reader = new YamlReader(placeOf);
        var parser = new Parser(new StringReader(text));
        try
        {
            while (parser.MoveNext())
            {
                reader.Take(parser.Current!);
            }
        }
        catch (YamlException exception)
        {
            var speaksOfTabs = exception.Message.Contains("tab", StringComparison.Ordinal);
            throw TabThatIndents(text) is var (line, column) && (speaksOfTabs || line <= exception.Start.Line)
                ? placeOf(line, column).Problem("a tab indents this line, but YAML wants blanks; replace it", exception)
                : reader.At(exception.Start).Problem($"this is not YAML: {Reason(exception)}; correct it", exception);
        }
        catch (Exception exception)
            when (exception is ArgumentException or InvalidOperationException or FormatException or OverflowException)
        {
            // What the parser lets through for some malformed escapes and directives.
            var at = parser.Current?.End ?? Mark.Empty;
            throw reader.At(at).Problem("this is not YAML: what follows cannot be read; correct it", exception);
        }

        return reader._root;
    }

    private static void RefuseControlCharacters(string text, Func<int, int, Place> placeOf)
    {
        var (line, start) = (1, 0);
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] == '\n')
            {
                (line, start) = (line + 1, i + 1);
            }
            else if (char.IsControl(text[i]) && text[i] is not ('\t' or '\r' or '\u0085'))
            {
                var code = ((int)text[i]).ToString("X4", CultureInfo.InvariantCulture);
                throw placeOf(line, i - start + 1).Problem($"the character U+{code} does not belong in a text file; take it out");
            }
        }
    }

    /// <summary>
    /// The first line that a tab indents: the parser only says where what it was reading began, which may be the whole file.
    /// </summary>
    private static (int Line, int Column)? TabThatIndents(string text)
    {
        foreach (var (index, line) in text.Split('\n').Index())
        {
            var indentation = line.AsSpan()[..^line.AsSpan().TrimStart(" \t").Length];
            if (indentation.Contains('\t') && !string.IsNullOrWhiteSpace(line))
            {
                return (index + 1, indentation.IndexOf('\t') + 1);
            }
        }

        return null;
    }

    private static string Reason(YamlException exception)
    {
        var message = exception.Message.Split('\n')[0].Trim().TrimEnd('.');
        return message.Length == 0 ? "what follows cannot be read" : Shown.Sentence(message);
    }

    private Place At(in Mark mark) => _placeOf((int)Math.Max(1, mark.Line), (int)Math.Max(1, mark.Column));

    private void Take(ParsingEvent token)
    {
        var place = At(token.Start);
        switch (token)
        {
            case DocumentStart when ++_documents > 1:
                throw place.Problem("a second document starts here; keep one");
            case AnchorAlias:
                throw place.Problem("aliases (*name) are not known here; write the value out");
            case NodeEvent { Anchor.IsEmpty: false }:
                throw place.Problem("anchors (&name) are not known here; take it out");
            case NodeEvent { Tag.IsEmpty: false }:
                throw place.Problem("tags (!name) are not known here; take it out");
            case Scalar scalar:
                TakeScalar(scalar, place);
                break;
            case SequenceStart:
                Open(new YamlList(place, []));
                break;
            case MappingStart:
                Open(new YamlMap(place, []));
                break;
            case SequenceEnd or MappingEnd:
                Close();
                break;
        }
    }

    private void TakeScalar(Scalar scalar, Place place)
    {
        // Escapes can write what the file itself may not hold.
        if (scalar.Value.Contains('\0') || scalar.Value.EnumerateRunes().Any(rune => rune == Rune.ReplacementChar))
        {
            throw place.Problem("this text has a character that is none; take it out");
        }

        if (_open.TryPeek(out var frame) && frame.ExpectsKey)
        {
            frame.TakeKey(scalar.Value, place);
        }
        else
        {
            Add(new YamlScalar(place, scalar.Value, scalar.Style is ScalarStyle.Plain));
        }
    }

    private void Open(YamlValue container)
    {
        if (_open.TryPeek(out var frame) && frame.ExpectsKey)
        {
            throw container.Place.Problem($"a key must be a word, not {container.Noun}; write 'key: value'");
        }

        if (_open.Count == DeepestNesting)
        {
            throw container.Place.Problem($"values are nested more than {DeepestNesting} deep; no run file needs that");
        }

        _open.Push(new Frame(container));
    }

    private void Close() => Add(_open.Pop().Container);

    private void Add(YamlValue value)
    {
        if (++_values > MostValues)
        {
            throw value.Place.Problem($"there are more than {MostValues:N0} values; keep data of that size in a CSV or IDX file");
        }

        if (_open.TryPeek(out var frame))
        {
            frame.Add(value);
        }
        else
        {
            _root = value;
        }
    }

    /// <summary>A list or map that is being read.</summary>
    private sealed class Frame(YamlValue container)
    {
        private readonly Dictionary<string, Place> _keys = new(StringComparer.Ordinal);
        private (string Text, Place Place)? _key;

        public YamlValue Container { get; } = container;

        public bool ExpectsKey => Container is YamlMap && _key is null;

        public void TakeKey(string text, Place place)
        {
            if (!_keys.TryAdd(text, place))
            {
                throw place.Problem($"the key {Shown.Quoted(text)} stands here again, first in line {_keys[text].Line}; keep one");
            }

            _key = (text, place);
        }

        public void Add(YamlValue value)
        {
            if (Container is YamlList list)
            {
                list.Items.Add(value);
            }
            else if (Container is YamlMap map)
            {
                map.Entries.Add(new YamlEntry(_key!.Value.Text, _key.Value.Place, value));
                _key = null;
            }
        }
    }
}
