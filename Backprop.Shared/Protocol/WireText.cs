using System.Globalization;

namespace Backprop.Shared.Protocol;

/// <summary>Text that another process sent and a person will read.</summary>
internal static class WireText
{
    /// <summary>The longest name of a worker, version or identity.</summary>
    public const int NameMaximum = 64;

    private const int SentenceMaximum = 500;

    /// <summary>Printable ASCII, one to 64 characters, with no blank at an end.</summary>
    public static bool IsName(string text) =>
        text.Length is > 0 and <= NameMaximum && text.AsSpan().IndexOfAnyExceptInRange(' ', '~') < 0 && text[0] != ' ' && text[^1] != ' ';

    /// <summary>
    /// A sentence that can be printed: what could steer a terminal or begin a new line becomes a question mark; cut where it is long.
    /// </summary>
    public static string Sentence(string text) => Clean(text, SentenceMaximum);

    /// <summary>A name or version as it can be printed.</summary>
    public static string Name(string text) => Clean(text, NameMaximum);

    private static string Clean(string text, int most)
    {
        var cut = text.Length > most ? string.Concat(text.AsSpan(0, most), "...") : text;
        return string.Create(cut.Length, cut, static (place, from) =>
        {
            for (var i = 0; i < place.Length; i++)
            {
                place[i] = char.GetUnicodeCategory(from[i]) is UnicodeCategory.Control or UnicodeCategory.Format
                    or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator or UnicodeCategory.Surrogate ? '?' : from[i];
            }
        });
    }
}
