using System.Buffers;
using System.Globalization;
using System.Text;
using Backprop.Shared.Primitives;

namespace Backprop.Shared.Data.Files;

/// <summary>What a CSV cell says, and how to say what is wrong with it.</summary>
internal static class CsvText
{
    private static readonly float[] PowersOfTen = [1f, 1e1f, 1e2f, 1e3f, 1e4f, 1e5f, 1e6f, 1e7f, 1e8f, 1e9f, 1e10f];

    private static readonly SearchValues<byte> Foreign = SearchValues.Create(
        [.. Enumerable.Range(0, 32).Except([9, 10, 11, 12, 13]).Select(value => (byte)value), 0x7F]);

    /// <summary>Refuses what cannot be a text in UTF-8, by its first bytes.</summary>
    public static void RefuseForeign(DataFile file, ReadOnlySpan<byte> start)
    {
        if (start.StartsWith((ReadOnlySpan<byte>)[0xFF, 0xFE]) || start.StartsWith((ReadOnlySpan<byte>)[0xFE, 0xFF]))
        {
            throw file.Fault("is text in UTF-16; save it as UTF-8");
        }

        if (start.IndexOfAny(Foreign) is var place and >= 0)
        {
            throw file.Fault($"is no CSV text (byte {place} is 0x{start[place]:X2}); name a CSV file, or another kind of source");
        }
    }

    /// <summary>A number in the invariant form, correctly rounded to float32; may be infinite or NaN.</summary>
    public static bool TryNumber(ReadOnlySpan<byte> cell, out float value)
    {
        // Up to seven digits and ten decimals: both the digits and the power are exact, so that one division rounds once, as the parser
        // would.
        int digits = 0, decimals = -1, number = 0, index = 0;
        var negative = cell.Length > 0 && cell[0] == '-';
        for (index = negative ? 1 : 0; index < cell.Length && digits < 8 && decimals < 11; index++)
        {
            var digit = (uint)(cell[index] - '0');
            if (digit <= 9)
            {
                number = (number * 10) + (int)digit;
                digits += number == 0 ? 0 : 1;
                decimals += decimals < 0 ? 0 : 1;
            }
            else if (cell[index] == '.' && decimals < 0)
            {
                decimals = 0;
            }
            else
            {
                break;
            }
        }

        if (index == cell.Length && digits <= 7 && decimals <= 10 && index > (negative ? 1 : 0) + (decimals < 0 ? 0 : 1))
        {
            value = decimals > 0 ? number / PowersOfTen[decimals] : number;
            value = negative ? -value : value;
            return true;
        }

        return float.TryParse(cell, NumberStyles.Float, CultureInfo.InvariantCulture, out value);
    }

    /// <summary>Without spaces and tabs at both ends.</summary>
    public static ReadOnlySpan<byte> Trim(ReadOnlySpan<byte> cell) => cell.Trim(" \t"u8);

    /// <summary>A cell's text as it may be shown in a message: short, and without control characters.</summary>
    public static string Show(ReadOnlySpan<byte> cell) => Show(Encoding.UTF8.GetString(cell[..Math.Min(cell.Length, 256)]));

    /// <summary>A text as it may be shown in a message: short, and without control characters.</summary>
    public static string Show(string text)
    {
        var shown = new StringBuilder();
        foreach (var character in text)
        {
            shown.Append(char.IsControl(character) ? '?' : character);
        }

        return shown.Length <= 40 ? shown.ToString() : $"{shown.ToString(0, 40)}...";
    }

    /// <summary>What is wrong, and where.</summary>
    /// <param name="file">The file.</param>
    /// <param name="line">The line, from 1.</param>
    /// <param name="column">The column, from 0.</param>
    /// <param name="name">The column's name, or null.</param>
    /// <param name="what">What is wrong, and what to do.</param>
    public static UserException Fault(DataFile file, int line, int column, string? name, string what) =>
        new(ExitCode.Usage, $"{Where(file, line, column, name)}: {what}{(what.EndsWith('?') ? "" : ".")}");

    /// <summary>As in <c>iris.csv, line 3, column 5 (species)</c>.</summary>
    public static string Where(DataFile file, int line, int column, string? name) =>
        $"{file.Path}, line {line}, column {column + 1}{(name is null ? "" : $" ({Show(name)})")}";
}
