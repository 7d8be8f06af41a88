using System.Text.Json;
using System.Text.Json.Nodes;
using Backprop.Coordinator.Core;
using Backprop.Coordinator.Embedded;
using Backprop.Coordinator.Training;
using Backprop.Shared.Checkpoints;
using Backprop.Shared.Data;
using Backprop.Shared.Layers;
using Backprop.Shared.Losses;
using Backprop.Shared.Primitives;
using Backprop.Shared.Runs;
using Backprop.Tests.TestUtilities;

namespace Backprop.Tests.Parity;

/// <summary>A run that PyTorch repeats: trained here, and written out as twenty_steps.py reads it.</summary>
internal sealed class ParityCase(RunFile file, LoadedData data)
{
    private const int Workers = 2;
    private static readonly JsonSerializerOptions CamelCase = new() { PropertyNamingPolicy = JsonNamingPolicy.CamelCase };
    private readonly PreparedRun _run = PreparedRun.From(file, data);

    public int Steps => _run.Steps;

    /// <summary>The ledger's losses, step by step, of two workers.</summary>
    public double[] Train()
    {
        var setup = _run.Setup(stopAt: null, keepsRecord: false);
        var recorder = new LossRecorder();
        using var weights = FirstWeights();
        using var run = new EmbeddedRun(setup, weights, 0, Workers, recorder, TimeProvider.System);

        run.Execute();

        run.Failure.ShouldBeNull();
        run.Outcome.ShouldBe(RunOutcome.Completed);
        if (file.Clip is { } clip)
        {
            recorder.Norms.ShouldContain(norm => norm > clip.Norm, "a run that is never clipped says nothing of clipping");
        }

        return [.. recorder.Losses];
    }

    /// <summary>Writes first weights, data and batch plan.</summary>
    public void Export(string folder)
    {
        Directory.CreateDirectory(folder);
        using var weights = FirstWeights();
        WeightsFile.Write(Path.Combine(folder, "weights.safetensors"), new CheckpointTensors(weights.Layout, weights.Weights, [], []));
        var train = data.Train;
        WriteRaw(Path.Combine(folder, "features.f32"), train.Features);
        if (file.Loss.TakesLabels)
        {
            WriteRaw(Path.Combine(folder, "labels.i32"), train.Labels);
        }
        else
        {
            WriteRaw(Path.Combine(folder, "targets.f32"), train.TargetValues);
        }

        var described = new JsonObject
        {
            ["inputs"] = train.Width,
            ["layers"] = new JsonArray([.. file.Model.Select(Described<LayerSpec>)]),
            ["loss"] = Catalog<LossSpec>.KindOf(file.Loss.GetType()),
            ["optimizer"] = Described(file.Optimizer),
            ["schedule"] = Described(file.Schedule),
            ["clip"] = file.Clip?.Norm,
            ["batches"] = JsonSerializer.SerializeToNode(Batches()),
        };
        File.WriteAllText(Path.Combine(folder, "case.json"), described.ToJsonString());
    }

    private RunWeights FirstWeights()
    {
        var weights = new RunWeights(_run.Model, file.Optimizer);
        _run.Model.Initialize(file.Seed, weights.Weights.Span);
        return weights;
    }

    private int[][] Batches()
    {
        var plan = new BatchPlan(file.Seed, data.Train.Count, file.Batch);
        var batches = new int[Steps][];
        for (var step = 0; step < Steps; step++)
        {
            var (epoch, inEpoch) = plan.Locate(step);
            batches[step] = new int[plan.BatchSize(inEpoch)];
            plan.Fill(epoch, inEpoch, batches[step]);
        }

        return batches;
    }

    /// <summary>A spec's settings under the run file's names, with its kind.</summary>
    private static JsonNode Described<TSpec>(TSpec spec)
        where TSpec : class
    {
        var node = JsonSerializer.SerializeToNode(spec, spec.GetType(), CamelCase)!;
        node["kind"] = Catalog<TSpec>.KindOf(spec.GetType());
        return node;
    }

    private static void WriteRaw<T>(string path, T[] values)
        where T : unmanaged => File.WriteAllBytes(path, System.Runtime.InteropServices.MemoryMarshal.AsBytes(values.AsSpan()));
}
