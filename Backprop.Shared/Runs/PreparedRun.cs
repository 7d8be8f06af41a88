using Backprop.Shared.Data;
using Backprop.Shared.Losses;
using Backprop.Shared.Metrics;
using Backprop.Shared.Models;
using Backprop.Shared.Primitives;
using Backprop.Shared.Tensors;

namespace Backprop.Shared.Runs;

/// <summary>
/// A run file with its data read and its model built: all that fits together is known to fit. What a coordinator and each of its workers
/// make of the same file.
/// </summary>
internal sealed record PreparedRun
{
    private const int NotesInFaults = 3;

    public required RunFile File { get; init; }

    public required LoadedData Data { get; init; }

    public required Model Model { get; init; }

    public required IReadOnlyList<MetricSpec> Metrics { get; init; }

    /// <summary>The run's length in steps.</summary>
    public required int Steps { get; init; }

    /// <summary>How the data was read, and what fits but looks like a mistake.</summary>
    public IReadOnlyList<DataNote> Notes { get; private init; } = [];

    /// <summary>Reads the data and builds the model.</summary>
    /// <exception cref="UserException">Something is missing or does not fit (exit code 2).</exception>
    public static PreparedRun Load(RunFile file)
    {
        var data = DataLoader.Load(file.Data, file.Folder, file.Seed);
        try
        {
            return From(file, data);
        }
        catch (UserException problem) when (data.Notes.Count > 0)
        {
            // What line 1 was taken for may be why a class is too many.
            var notes = string.Join("; ", data.Notes.Take(NotesInFaults).Select(note => note.Text));
            throw new UserException(problem.ExitCode, $"{problem.Message} How the data was read: {notes}.", problem);
        }
    }

    /// <summary>Builds the model for data that is there.</summary>
    /// <exception cref="UserException">Something does not fit (exit code 2).</exception>
    public static PreparedRun From(RunFile file, LoadedData data)
    {
        var model = Model.Build(file.Model, data.Train.SampleShape, file.Init);
        var metrics = MetricsOf(file);
        CheckTargets(file, data.Train, model);
        foreach (var metric in metrics.Where(m => m.TakesLabels != file.Loss.TakesLabels))
        {
            throw new UserException(
                ExitCode.Usage,
                $"The metric '{Catalog<MetricSpec>.KindOf(metric.GetType())}' takes {(metric.TakesLabels ? "class labels" : "values")}, "
                + "the loss does not; leave it out of evaluate.metrics.");
        }

        var widest = model.Layers.Max(layer => Math.Max(layer.Output.Volume, model.Input.Volume));
        if (Math.Min(file.Batch, data.Train.Count) * (long)widest > Array.MaxLength)
        {
            throw new UserException(
                ExitCode.Usage,
                $"A batch of {Math.Min(file.Batch, data.Train.Count):N0} rows with {widest:N0} values each is more than the "
                + $"{Array.MaxLength:N0} values that a layer may give; make the batch or the layer smaller.");
        }

        var steps = RunLength.TotalSteps(file, data.Train.Count);
        if (steps > int.MaxValue)
        {
            throw new UserException(ExitCode.Usage, $"The run has {steps} steps, more than {int.MaxValue}; lower epochs or steps.");
        }

        return new PreparedRun
        {
            File = file,
            Data = data,
            Model = model,
            Metrics = metrics,
            Steps = (int)steps,
            Notes = [.. data.Notes, .. Doubts.Of(file, data).Select(doubt => new DataNote(doubt, true))],
        };
    }

    /// <summary>The metrics that a run file names, in its order.</summary>
    public static MetricSpec[] MetricsOf(RunFile file) =>
        [.. file.Evaluate.Metrics.Select(kind => (MetricSpec)Activator.CreateInstance(Catalog<MetricSpec>.Find(kind)!)!)];

    /// <summary>An evaluation's results by name, <c>loss</c> first.</summary>
    public static IReadOnlyDictionary<string, double> NamedResults(IReadOnlyList<MetricSpec> metrics, ReadOnlySpan<double> results)
    {
        var named = new Dictionary<string, double> { ["loss"] = results[0] };
        for (var i = 0; i < metrics.Count; i++)
        {
            named[Catalog<MetricSpec>.KindOf(metrics[i].GetType())] = results[i + 1];
        }

        return named;
    }

    private static void CheckTargets(RunFile file, DataSet data, Model model)
    {
        var loss = Catalog<LossSpec>.KindOf(file.Loss.GetType());
        if (file.Loss.TakesLabels && data.Labels.Length == 0)
        {
            throw new UserException(
                ExitCode.Usage, $"The loss '{loss}' takes class labels, but data.train has values to predict; use 'mse', or give labels.");
        }

        if (!file.Loss.TakesLabels && data.TargetWidth == 0)
        {
            throw new UserException(
                ExitCode.Usage,
                $"The loss '{loss}' takes values to predict, but data.train has class labels; use 'cross-entropy', or give targets.");
        }

        var last = $"{model.Layers[^1].Name}, the last layer";
        if (file.Loss.TakesLabels && model.Output.Volume != data.ClassNames.Count)
        {
            throw new ShapeException(
                last,
                $"{new Quantity(data.ClassNames.Count, "output")}, one for each class ({ColumnNames.Listed(data.ClassNames)})",
                $"{model.Output.Volume}");
        }

        if (!file.Loss.TakesLabels && model.Output.Volume != data.TargetWidth)
        {
            throw new ShapeException(last, $"{new Quantity(data.TargetWidth, "output")}, one for each target", $"{model.Output.Volume}");
        }
    }
}
