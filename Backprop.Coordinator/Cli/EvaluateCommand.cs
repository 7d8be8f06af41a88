using System.CommandLine;
using System.Globalization;
using Backprop.Coordinator.Prediction;
using Backprop.Coordinator.Progress;
using Backprop.Shared.Primitives;

namespace Backprop.Coordinator.Cli;

/// <summary><c>backprop evaluate CHECKPOINT</c>: loss and metrics of a trained model, as training itself evaluates.</summary>
internal static class EvaluateCommand
{
    public static Command Create()
    {
        var checkpoint = ModelOptions.Checkpoint();
        var (data, header, json) = (ModelOptions.Data(), ModelOptions.Header(), ModelOptions.Json());
        var command = new Command("evaluate", "Measures a trained model on labelled samples.") { checkpoint, data, header, json };
        command.SetAction(parsed => CommandLine.Guard(() =>
        {
            using var model = ModelOptions.Load(parsed.GetRequiredValue(checkpoint));
            var samples = ModelOptions.Samples(model, parsed.GetValue(data), parsed.GetValue(header));
            var results = model.EvaluateScaled(samples.Samples, samples.Name);
            using var lines = new ResultLines();
            if (parsed.GetValue(json))
            {
                WriteJson(lines, model, samples, results);
            }
            else
            {
                var figures = string.Join(", ", results.Reverse().Select(r => Figures.Text(r.Key, r.Value)));
                lines.Text(string.Create(
                    CultureInfo.InvariantCulture,
                    $"{figures} on {new Quantity(samples.Samples.Count, "sample")} of {samples.Name}, after step {model.Steps}"));
            }

            return ExitCode.Done;
        }));
        return command;
    }

    private static void WriteJson(ResultLines lines, TrainedModel model, ModelData samples, IReadOnlyDictionary<string, double> results)
    {
        lines.Json.WriteStartObject();
        lines.Json.WriteString("run", model.Run.Name);
        lines.Json.WriteNumber("step", model.Steps);
        lines.Json.WriteNumber("samples", samples.Samples.Count);
        lines.Json.WriteStartObject("evaluation");
        foreach (var (name, value) in results)
        {
            lines.Json.WritePropertyName(name);
            lines.JsonNumber(value);
        }

        lines.Json.WriteEndObject();
        lines.Json.WriteString("weightsSha256", model.WeightsSha256);
        lines.Json.WriteEndObject();
        lines.EndJson();
    }
}
