using Backprop.Coordinator.Prediction;
using Backprop.Shared.Checkpoints;
using Backprop.Shared.Data;
using Backprop.Shared.Formats;
using Backprop.Shared.Kernels;
using Backprop.Shared.Metrics;
using Backprop.Shared.Models;
using Backprop.Shared.Primitives;
using Backprop.Shared.Runs;
using Backprop.Shared.Tensors;
using Backprop.Worker.Training;

namespace Backprop;

/// <summary>
/// A model with its weights: predicts and evaluates. Its members may be called from several threads; they take turns. It holds native
/// memory: dispose of it.
/// </summary>
public sealed class TrainedModel : IDisposable
{
    /// <summary>How many samples are computed at once.</summary>
    internal const int Rows = 64;

    private readonly TensorPool _pool = new();
    private readonly Lock _gate = new();
    private readonly Model _model;
    private readonly FloatBuffer _weights;
    private readonly CompiledModel _compiled;
    private readonly MetricSpec[] _metrics;
    private bool _disposed;

    internal TrainedModel(RunFile run, Model model, InputScaling scaling, IReadOnlyList<string> classNames, Action<Memory<float>> fill)
    {
        (Run, _model, Scaling, ClassNames) = (run, model, scaling, classNames);
        _metrics = PreparedRun.MetricsOf(run);
        try
        {
            _weights = _pool.Rent(model.Layout.Length);
            fill(_weights.Memory);
            _compiled = new CompiledModel(model, Rows, 1, 0, _pool);
        }
        catch
        {
            _pool.Dispose();
            throw;
        }

        WeightsSha256 = WeightsHash.Compute(model.Layout, _weights.Values);
    }

    /// <summary>The run that trained it.</summary>
    public RunFile Run { get; }

    /// <summary>How many steps it was trained for.</summary>
    public long Steps { get; internal init; }

    /// <summary>A sample's shape.</summary>
    public Shape Input => _model.Input;

    /// <summary>How many values <see cref="Predict"/> gives.</summary>
    public int Outputs => _model.Output.Volume;

    /// <summary>The classes, in the order of <see cref="Predict"/>'s probabilities; empty for regression.</summary>
    public IReadOnlyList<string> ClassNames { get; }

    /// <summary>
    /// The run's last evaluation on its test part: <c>loss</c>, then the metrics; empty where there was none, and for a model that was
    /// loaded.
    /// </summary>
    public IReadOnlyDictionary<string, double> Evaluation { get; internal init; } = new Dictionary<string, double>();

    /// <summary>The hash of the weights: equal for equal runs, on any number of workers.</summary>
    public string WeightsSha256 { get; }

    /// <summary>The checkpoint that it was read from; null where it was trained by this program.</summary>
    internal Checkpoint? Origin { get; private init; }

    internal InputScaling Scaling { get; }

    /// <summary>What the columns that it was trained on are called; none where they had no names.</summary>
    internal ColumnNames Columns { get; init; } = ColumnNames.None;

    internal bool GivesClasses => Run.Loss.TakesLabels;

    /// <summary>What new data must look like.</summary>
    internal ModelForm Form => new()
    {
        Inputs = _model.Input.Volume,
        Scaling = Scaling,
        ClassNames = ClassNames,
        Names = Columns,
        TargetWidth = GivesClasses ? 0 : Outputs,
        Targets = Run.Data.Targets,
        Label = Run.Data.Train is CsvSource { Label: { } label } && label != "none" ? label : "last",
    };

    /// <summary>Reads the model of a checkpoint, or of a run's folder: its best checkpoint, else the newest that is whole.</summary>
    /// <param name="path">The file or folder.</param>
    /// <exception cref="UserException">There is none (usage), it is damaged (storage), or of another version (mismatch).</exception>
    public static TrainedModel Load(string path) => Load(path, _ => { });

    internal static TrainedModel Load(string path, Action<string> report)
    {
        using var reader = CheckpointLocation.Open(path, report);
        var kept = reader.Checkpoint;
        var run = RunFile.Parse(kept.RunFile, reader.Path, "", []);
        var model = Build(run, kept, reader.Path);
        if (kept.NumericsVersion != NumericsVersion.Current)
        {
            report(
                $"{reader.Path} was written with numerics version {kept.NumericsVersion}, this program has {NumericsVersion.Current}: "
                + "the last digits may differ");
        }

        return new TrainedModel(
            run, model, InputScaling.FromJson(kept.Scaling), kept.ClassNames,
            weights => reader.ReadModel(new CheckpointTensors(model.Layout, weights, [], [])))
        {
            Origin = kept,
            Columns = kept.Columns,
            Steps = kept.Step,
        };
    }

    /// <summary>What the model gives for a sample: a probability for each class, or the values of a regression.</summary>
    /// <param name="features">The sample, as <see cref="Input"/> says, not scaled: that is done as it was in training.</param>
    public float[] Predict(ReadOnlySpan<float> features)
    {
        if (features.Length != _model.Input.Volume)
        {
            throw new ArgumentException(
                $"The sample has {features.Length} features, but the model takes {_model.Input.Volume}.", nameof(features));
        }

        var scaled = features.ToArray();
        Scaling.Apply(scaled, scaled.Length, "the sample");
        var outputs = new float[Outputs];
        Predict(scaled, outputs);
        return outputs;
    }

    /// <summary>Loss and metrics over labelled samples: <c>loss</c> first, then those of the run.</summary>
    /// <param name="samples">The samples, not scaled: that is done as it was in training.</param>
    /// <exception cref="UserException">They do not fit the model (usage).</exception>
    public IReadOnlyDictionary<string, double> Evaluate(DataSet samples)
    {
        var copy = new InMemorySource(samples).Load(default);
        Scaling.Apply(copy.Features, copy.Width, "the data");
        return EvaluateScaled(copy, "the data");
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_gate)
        {
            _disposed = true;
            _pool.Dispose();
        }
    }

    /// <summary>Outputs of up to <see cref="Rows"/> samples that are scaled already.</summary>
    internal void Predict(ReadOnlySpan<float> scaled, Span<float> outputs)
    {
        var rows = scaled.Length / _model.Input.Volume;
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            scaled.CopyTo(_compiled.Input(0, rows));
            _compiled.Forward(new PassRange { Rows = rows }, _weights.Vector);
            _compiled.Output(0, rows).CopyTo(outputs);
        }

        if (GivesClasses)
        {
            Softmax.Rows(outputs, Outputs, outputs);
        }
    }

    /// <summary>As the training's own evaluation, to the last bit.</summary>
    internal IReadOnlyDictionary<string, double> EvaluateScaled(DataSet data, string name)
    {
        if (data.Count == 0 || data.Width != _model.Input.Volume || (GivesClasses ? data.Labels.Length == 0 : data.TargetWidth != Outputs))
        {
            var wanted = GivesClasses ? "a label" : $"{Outputs} target values";
            throw new UserException(
                ExitCode.Usage,
                $"To evaluate, {name} must have samples of {_model.Input.Volume} inputs and {wanted} each; "
                + "to predict, the inputs are enough.");
        }

        double[] results;
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            using var pool = new TensorPool();
            var pass = new EvaluationPass(_model, data, Run.Loss, _metrics, 1, pool);
            pass.Compute(0, 0, pass.Fold.Blocks, _weights.Vector);
            results = pass.Fold.Means();
        }

        return PreparedRun.NamedResults(_metrics, results);
    }

    private static Model Build(RunFile run, Checkpoint kept, string path)
    {
        try
        {
            var model = Model.Build(run.Model, new Shape([.. kept.InputShape]), run.Init);
            if (model.Layout.Count * sizeof(float) <= new FileInfo(path).Length)
            {
                return model;
            }
        }
        catch (OverflowException problem)
        {
            throw new UserException(ExitCode.Storage, $"{path} is damaged: it speaks of a model that no machine could hold.", problem);
        }

        throw SafetensorsFile.Damaged(path, "its model has more parameters than the file has room for");
    }
}
