using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Backprop.Coordinator.Diagnostics;
using Backprop.Coordinator.Diagnostics.Http;

namespace Backprop.Tests.Coordinator.Diagnostics;

/// <summary>Reads Prometheus' text format as strictly as its own tools do, and refuses whatever they would.</summary>
internal sealed partial class MetricsParser
{
    private readonly Dictionary<string, string> _types = [];
    private readonly HashSet<string> _helps = [];

    /// <summary>Value by series, <c>name{label="value",...}</c>, labels as written.</summary>
    public Dictionary<string, double> Series { get; } = [];

    /// <summary>The page of a status.</summary>
    public static MetricsParser Of(ClusterStatus status) => Parse(Encoding.UTF8.GetString(MetricsPage.Write(status)));

    public static MetricsParser Parse(string text)
    {
        text.ShouldEndWith("\n");
        var parser = new MetricsParser();
        foreach (var line in text[..^1].Split('\n'))
        {
            parser.Read(line);
        }

        parser._types.Keys.ShouldBe(parser._helps, ignoreOrder: true);
        return parser;
    }

    /// <summary>All series of a name.</summary>
    public IEnumerable<string> Of(string name) =>
        Series.Keys.Where(series => series == name || series.StartsWith(name + "{", StringComparison.Ordinal));

    private string _family = "";

    private void Read(string line)
    {
        if (Help().Match(line) is { Success: true } help)
        {
            _family = help.Groups[1].Value;
            _helps.Add(_family).ShouldBeTrue($"a second HELP of {_family}");
        }
        else if (Type().Match(line) is { Success: true } type)
        {
            type.Groups[1].Value.ShouldBe(_family, "TYPE follows its HELP");
            _types.TryAdd(_family, type.Groups[2].Value).ShouldBeTrue($"a second TYPE of {_family}");
            (type.Groups[2].Value == "counter").ShouldBe(_family.EndsWith("_total", StringComparison.Ordinal), _family);
        }
        else
        {
            var sample = Sample().Match(line);
            sample.Success.ShouldBeTrue(line);
            var name = sample.Groups[1].Value;
            var isOwn = name == _family || (_types[_family] == "summary" && (name == _family + "_sum" || name == _family + "_count"));
            isOwn.ShouldBeTrue($"{name} among the samples of {_family}");
            var labels = Label().Matches(sample.Groups[2].Value).Select(label => label.Groups[1].Value).ToList();
            labels.ShouldBeUnique();
            var value = sample.Groups[3].Value switch
            {
                "NaN" => double.NaN,
                "+Inf" or "Infinity" => double.PositiveInfinity,
                "-Inf" or "-Infinity" => double.NegativeInfinity,
                var number => double.Parse(number, NumberStyles.Float, CultureInfo.InvariantCulture),
            };
            Series.TryAdd(name + sample.Groups[2].Value, value).ShouldBeTrue($"twice: {line}");
        }
    }

    [GeneratedRegex(@"^# HELP ([a-zA-Z_:][a-zA-Z0-9_:]*) (?:[^\\\p{C}]|\\\\|\\n)+$")]
    private static partial Regex Help();

    [GeneratedRegex(@"^# TYPE ([a-zA-Z_:][a-zA-Z0-9_:]*) (counter|gauge|summary|histogram)$")]
    private static partial Regex Type();

    [GeneratedRegex(
        @"^([a-zA-Z_:][a-zA-Z0-9_:]*)(\{(?:[a-zA-Z_]\w*=""(?:[^""\\\n]|\\[\\""n])*"",?)+\})? "
        + @"(NaN|[+-]Inf|-?Infinity|[+-]?[0-9.]+(?:[eE][+-]?[0-9]+)?)$")]
    private static partial Regex Sample();

    [GeneratedRegex(@"([a-zA-Z_]\w*)=""(?:[^""\\\n]|\\[\\""n])*""")]
    private static partial Regex Label();
}
