using System.Globalization;
using System.Text;

namespace Backprop.Coordinator.Explain;

/// <summary>Text in aligned columns, at most a hundred characters wide.</summary>
internal sealed class Page
{
    public const int Width = 100;
    public const int LabelWidth = 26;
    public const int NumberWidth = 13;
    private const int ExpressionWidth = 50;
    private const int RowMax = 6;
    private readonly StringBuilder _text = new();

    /// <summary>Six significant digits. Zero has no sign here.</summary>
    public static string Number(double value) => (value == 0 ? 0 : value).ToString("G6", CultureInfo.InvariantCulture);

    /// <summary>A factor inside an expression: in brackets where it is below 0 and does not come first.</summary>
    public static string Factor(double value) => value < 0 ? $"({Number(value)})" : Number(value);

    /// <summary>A product of factors: <c>0.5·(-3)</c>.</summary>
    public static string Product(params ReadOnlySpan<double> factors)
    {
        var text = Number(factors[0]);
        foreach (var factor in factors[1..])
        {
            text += $"·{Factor(factor)}";
        }

        return text;
    }

    /// <summary>A sum; of a long one the first terms and the last.</summary>
    public static string Sum(IReadOnlyList<string> terms)
    {
        const int Shown = 4;
        var text = new StringBuilder(terms[0]);
        for (var i = 1; i < terms.Count; i++)
        {
            if (i == Shown - 1 && terms.Count > Shown + 1)
            {
                text.Append(" + …");
                i = terms.Count - 1;
            }

            text.Append(terms[i].StartsWith('-') ? $" - {terms[i][1..]}" : $" + {terms[i]}");
        }

        return text.ToString();
    }

    /// <summary>Some numbers in a row; of a long row the first.</summary>
    public static string Row(IReadOnlyList<double> values) =>
        string.Join(", ", values.Take(RowMax).Select(Number)) + (values.Count > RowMax ? $", … ({values.Count})" : "");

    /// <summary>A line as it is.</summary>
    public void Line(string text = "") => _text.Append(text.TrimEnd()).Append('\n');

    /// <summary>What, how, how much.</summary>
    public void Result(string label, string expression, double value) => Result(label, expression, Number(value));

    /// <inheritdoc cref="Result(string, string, double)"/>
    public void Result(string label, string expression, string value)
    {
        var start = $"    {label.PadRight(LabelWidth)}";
        while (expression.Length > ExpressionWidth)
        {
            var end = BreakOf(expression);
            Line(start + expression[..end]);
            (start, expression) = (new string(' ', LabelWidth + 6), expression[end..].TrimStart());
        }

        Line($"{start}{expression.PadRight(4 + LabelWidth + ExpressionWidth - start.Length)} = {value,NumberWidth}");
    }

    /// <summary>A label and numbers under their headings.</summary>
    public void Columns(string label, IEnumerable<string> cells) =>
        Line($"    {label.PadRight(LabelWidth)}{string.Concat(cells.Select(c => c.PadLeft(NumberWidth + 1)))}");

    public override string ToString() => _text.ToString();

    /// <summary>Where a long expression goes on in the next line: before the last sign that fits, or a space, or a factor.</summary>
    private static int BreakOf(string expression)
    {
        // The lines that follow are indented by two.
        var last = ExpressionWidth - 2;
        foreach (var sign in (string[])[" + ", " - ", " ", "·"])
        {
            if (expression.LastIndexOf(sign, last, StringComparison.Ordinal) is var at and > 0)
            {
                return at;
            }
        }

        return last;
    }
}
