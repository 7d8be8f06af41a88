using System.Globalization;
using System.Text;
using Backprop.Coordinator.Diagnostics.Lines;

namespace Backprop.Coordinator.Diagnostics.Http;

/// <summary>Writes Prometheus' text format, version 0.0.4: a family's HELP and TYPE once, then its samples.</summary>
internal sealed class MetricsText
{
    private readonly StringBuilder _text = new(8192);

    /// <summary>A counter or gauge of one sample.</summary>
    public void Single(string name, string type, string help, double value)
    {
        Family(name, type, help);
        Sample(name, value);
    }

    /// <summary>Begins a family.</summary>
    public void Family(string name, string type, string help) => _text.Append(
        CultureInfo.InvariantCulture, $"# HELP {name} {Escape(help, quotes: false)}\n# TYPE {name} {type}\n");

    /// <summary>A sample of the family begun last.</summary>
    public void Sample(string name, double value, params ReadOnlySpan<(string Name, string Value)> labels)
    {
        _text.Append(name);
        for (var i = 0; i < labels.Length; i++)
        {
            _text.Append(i == 0 ? '{' : ',').Append(labels[i].Name).Append("=\"").Append(Escape(labels[i].Value, quotes: true)).Append('"');
        }

        _text.Append(labels.Length > 0 ? "} " : " ").Append(Number(value)).Append('\n');
    }

    /// <inheritdoc/>
    public override string ToString() => _text.ToString();

    private static string Number(double value) =>
        double.IsNaN(value) ? "NaN"
        : double.IsPositiveInfinity(value) ? "+Inf"
        : double.IsNegativeInfinity(value) ? "-Inf"
        : value.ToString("R", CultureInfo.InvariantCulture);

    private static string Escape(string text, bool quotes)
    {
        var escaped = PlainText.Of(text).Replace("\\", @"\\", StringComparison.Ordinal);
        return quotes ? escaped.Replace("\"", "\\\"", StringComparison.Ordinal) : escaped;
    }
}
