using System.Globalization;

namespace Backprop.Coordinator.Diagnostics.Lines;

/// <summary>Text from elsewhere, made fit for a terminal.</summary>
internal static class PlainText
{
    /// <summary>
    /// The text on one line, without what a terminal would obey: ends of lines and tabs become blanks, other control and format
    /// characters question marks. A worker's name comes from the network.
    /// </summary>
    public static string Of(string text) => text.All(IsPlain) ? text : string.Create(text.Length, text, (plain, source) =>
    {
        for (var i = 0; i < source.Length; i++)
        {
            plain[i] = IsPlain(source[i]) ? source[i] : char.IsWhiteSpace(source[i]) ? ' ' : '?';
        }
    });

    private static bool IsPlain(char character) => char.IsAscii(character)
        ? !char.IsControl(character)
        : char.GetUnicodeCategory(character) is not (UnicodeCategory.Control or UnicodeCategory.Format
            or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator);
}
