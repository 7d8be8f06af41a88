using System.Globalization;
using System.Text.Json;
using Backprop.Coordinator.Progress;
using Backprop.Shared.Primitives;

namespace Backprop.Coordinator.Diagnostics.Lines;

/// <summary>So many of something: "1 worker", "17,226 parameters"; for machines the number.</summary>
internal readonly record struct Counted(long Value, string Noun) : ILogFigure
{
    public static Counted Workers(int count) => new(count, "worker");

    public static Counted Shards(int count) => new(count, "shard");

    public void WriteTo(Utf8JsonWriter json) => json.WriteNumberValue(Value);

    public override string ToString() => new Quantity(Value, Noun).ToString();
}

/// <summary>A time to come: "01:02:03", above a day "3d 01:02:03", or "unknown"; for machines the seconds, or null.</summary>
internal readonly record struct Duration(double Seconds) : ILogFigure
{
    private const double SecondsMaximum = 99L * 365 * 24 * 3600;

    public void WriteTo(Utf8JsonWriter json) => JsonLine.WriteNumber(json, Math.Round(Bounded, 1));

    public override string ToString()
    {
        if (double.IsNaN(Seconds))
        {
            return "unknown";
        }

        var time = TimeSpan.FromSeconds(Bounded);
        return time.ToString(time.Days > 0 ? @"d\d\ hh\:mm\:ss" : @"hh\:mm\:ss", CultureInfo.InvariantCulture);
    }

    private double Bounded => double.IsNaN(Seconds) ? Seconds : Math.Clamp(Seconds, 0, SecondsMaximum);
}

/// <summary>An evaluation's figures: "loss 0.2012, accuracy 94.62 %"; nothing where there was none. For machines an object.</summary>
/// <param name="Before">What people read before them.</param>
/// <param name="After">What people read after them.</param>
internal readonly record struct EvaluationFigures(KeyValuePair<string, double>[] Values, string Before, string After) : ILogFigure
{
    /// <summary>Takes what is there now; the results may be written into later.</summary>
    public static EvaluationFigures Of(IReadOnlyDictionary<string, double> results, string before = "", string after = "") =>
        new([.. results], before, after);

    public void WriteTo(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        foreach (var (name, value) in Values)
        {
            json.WritePropertyName(name);
            JsonLine.WriteNumber(json, value);
        }

        json.WriteEndObject();
    }

    public override string ToString() => Values.Length == 0
        ? ""
        : $"{Before}{string.Join(", ", Values.Select(value => Figures.Text(value.Key, value.Value)))}{After}";
}

/// <summary>Why something is done: people read it after a comma, or nothing; for machines the sentence.</summary>
internal readonly record struct Because(string Reason) : ILogFigure
{
    public void WriteTo(Utf8JsonWriter json) => json.WriteStringValue(Reason);

    public override string ToString() => Reason.Length == 0 ? "" : $", because {Reason}";
}

/// <summary>A loss while a run goes on: "0.1834"; for machines the number.</summary>
internal readonly record struct LossNow(double Value) : ILogFigure
{
    public void WriteTo(Utf8JsonWriter json) => JsonLine.WriteNumber(json, Value);

    public override string ToString() => Figures.LossValue(Value);
}

/// <summary>A loss at the end of a run: people read it after a colon, or nothing where there is none; for machines the number.</summary>
internal readonly record struct LossFigure(double Value) : ILogFigure
{
    public void WriteTo(Utf8JsonWriter json) => JsonLine.WriteNumber(json, Value);

    public override string ToString() => double.IsNaN(Value) ? "" : string.Create(CultureInfo.InvariantCulture, $": loss {Value:G5}");
}
