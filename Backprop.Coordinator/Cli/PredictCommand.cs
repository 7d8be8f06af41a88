using System.CommandLine;
using System.Globalization;
using System.Text;
using Backprop.Coordinator.Prediction;
using Backprop.Shared.Primitives;

namespace Backprop.Coordinator.Cli;

/// <summary><c>backprop predict CHECKPOINT</c>: what a trained model gives for each sample, a line each.</summary>
internal static class PredictCommand
{
    /// <summary>So many classes, the most probable ones, stand in a line for people.</summary>
    private const int ShownClasses = 5;

    public static Command Create()
    {
        var checkpoint = ModelOptions.Checkpoint();
        var (data, header, json) = (ModelOptions.Data(), ModelOptions.Header(), ModelOptions.Json());
        var command = new Command("predict", "Prints classes and their probabilities, or values, a line a sample.")
        {
            checkpoint, data, header, json,
        };
        command.SetAction(parsed => CommandLine.Guard(() =>
        {
            using var model = ModelOptions.Load(parsed.GetRequiredValue(checkpoint));
            Predict(model, ModelOptions.Samples(model, parsed.GetValue(data), parsed.GetValue(header)), parsed.GetValue(json));
            return ExitCode.Done;
        }));
        return command;
    }

    private static void Predict(TrainedModel model, ModelData data, bool json)
    {
        using var lines = new ResultLines();
        var (width, outputs) = (data.Samples.Width, new float[TrainedModel.Rows * model.Outputs]);
        for (var first = 0; first < data.Samples.Count; first += TrainedModel.Rows)
        {
            var rows = Math.Min(TrainedModel.Rows, data.Samples.Count - first);
            model.Predict(data.Samples.Features.AsSpan(first * width, rows * width), outputs.AsSpan(0, rows * model.Outputs));
            for (var row = 0; row < rows; row++)
            {
                var output = outputs.AsSpan(row * model.Outputs, model.Outputs);
                if (json)
                {
                    WriteJson(lines, model, data, first + row, output);
                }
                else
                {
                    lines.Text(Line(model, data.IdOf(first + row), output));
                }
            }
        }
    }

    private static string Line(TrainedModel model, int id, ReadOnlySpan<float> output)
    {
        var line = new StringBuilder().Append(CultureInfo.InvariantCulture, $"sample {id}:");
        if (!model.GivesClasses)
        {
            foreach (var value in output)
            {
                line.Append(CultureInfo.InvariantCulture, $" {value}");
            }

            return line.ToString();
        }

        var probabilities = output.ToArray();
        foreach (var most in Enumerable.Range(0, probabilities.Length).OrderByDescending(c => probabilities[c]).Take(ShownClasses))
        {
            line.Append(CultureInfo.InvariantCulture, $" {model.ClassNames[most]} {probabilities[most]:F4} ");
        }

        return line.ToString().TrimEnd();
    }

    private static void WriteJson(ResultLines lines, TrainedModel model, ModelData data, int sample, ReadOnlySpan<float> output)
    {
        var json = lines.Json;
        json.WriteStartObject();
        json.WriteNumber("sample", data.IdOf(sample));
        if (model.GivesClasses)
        {
            var best = 0;
            for (var c = 1; c < output.Length; c++)
            {
                best = output[c] > output[best] ? c : best;
            }

            json.WriteString("class", model.ClassNames[best]);
            if (data.Samples.Labels.Length > 0)
            {
                json.WriteString("label", model.ClassNames[data.Samples.Labels[sample]]);
            }

            json.WriteStartObject("probabilities");
            for (var c = 0; c < output.Length; c++)
            {
                json.WritePropertyName(model.ClassNames[c]);
                lines.JsonNumber(output[c]);
            }

            json.WriteEndObject();
        }
        else
        {
            json.WriteStartArray("values");
            foreach (var value in output)
            {
                lines.JsonNumber(value);
            }

            json.WriteEndArray();
        }

        json.WriteEndObject();
        lines.EndJson();
    }
}
