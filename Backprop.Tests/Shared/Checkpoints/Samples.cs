using Backprop.Shared.Checkpoints;
using Backprop.Shared.Data;
using Backprop.Shared.Formats;
using Backprop.Shared.Models;
using Backprop.Shared.Tensors;

namespace Backprop.Tests.Shared.Checkpoints;

/// <summary>A small model's tensors, every value different, and a checkpoint of it.</summary>
internal static class Samples
{
    public static ParameterLayout Layout(int outputs = 2)
    {
        var layout = new ParameterLayout();
        layout.Add("layers.0", "weight", new Shape(outputs, 3), 3, outputs, null);
        layout.Add("layers.0", "bias", new Shape(outputs), 3, outputs, null);
        return layout;
    }

    public static CheckpointTensors Empty(params string[] state) => Empty(Layout(), state);

    public static CheckpointTensors Empty(ParameterLayout layout, params string[] state)
    {
        Memory<float>[] values = [.. state.Select(_ => (Memory<float>)new float[layout.Length])];
        return new(layout, new float[layout.Length], state, values, [new NamedTensor("layers.1.mean", new Shape(2), new float[2])]);
    }

    public static CheckpointTensors Filled(float start, params string[] state)
    {
        var tensors = Empty(state);
        var value = start;
        foreach (var tensor in tensors.All)
        {
            foreach (ref var element in tensor.Values.Span)
            {
                element = value;
                value += 0.25f;
            }
        }

        return tensors;
    }

    public static Checkpoint Checkpoint(long step, bool isBest = false) => new()
    {
        Step = step,
        Epoch = 3,
        Samples = step * 64,
        Seed = ulong.MaxValue,
        Identity = "1f2e",
        NumericsVersion = 1,
        RunFile = "name: digits\nseed: 1\n",
        ClassNames = ["null \"0\"", "un\u00e9"],
        Columns = new ColumnNames { Inputs = ["", "a,\"b\""], Answers = ["kind"] },
        InputShape = [1, 28, 28],
        InitHash = "00ff",
        Scaling = "{\"divide\":16}",
        Loss = 0.1,
        EpochLossSum = 12.3,
        EpochSamples = 128,
        LastEvaluation = new Evaluation(7, 3, new Dictionary<string, double> { ["loss"] = double.NaN, ["accuracy"] = 1 / 3.0 }),
        BestEvaluation = new Evaluation(5, 2, new Dictionary<string, double> { ["loss"] = 0.25, ["accuracy"] = 0.97 }),
        DataFiles = [new DataFileStamp("/data/ü.csv", 1234, new DateTime(2026, 11, 28, 14, 54, 7, DateTimeKind.Utc))],
        SecondsTraining = 1.5,
        IsBest = isBest,
        BestValue = 0.97,
    };

    public static byte[] Bytes(Checkpoint checkpoint, CheckpointTensors tensors)
    {
        using var stream = new MemoryStream();
        CheckpointWriter.WriteTo(stream, checkpoint, tensors);
        return stream.ToArray();
    }

    public static void Save(CheckpointStore store, long step, bool isBest = false)
    {
        Directory.CreateDirectory(store.Folder);
        File.WriteAllBytes(store.PathOf(step), Bytes(Checkpoint(step, isBest), Filled(step, "momentum")));
    }
}
