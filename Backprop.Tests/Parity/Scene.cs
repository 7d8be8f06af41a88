using Backprop.Shared.Actors;
using Backprop.Shared.Data;
using Backprop.Shared.Gradients;
using Backprop.Shared.Models;
using Backprop.Shared.Tensors;
using Backprop.Worker.Training;

namespace Backprop.Tests.Parity;

/// <summary>A network with first weights and a batch of all its samples, ready for the engine and for those who check it.</summary>
internal sealed class Scene : IDisposable
{
    private const int Shards = 4;
    private const ulong Seed = 5;
    private readonly TensorPool _pool = new();
    private readonly FloatBuffer _weights;
    private readonly BatchPlan _batches;

    public Scene(Network network)
    {
        Network = network;
        Model = Model.Build(network.Layers, network.Input);
        _weights = _pool.Rent(Model.Layout.Length);
        Model.Initialize(Seed, _weights.Values);
        Data = DataOf(network, Model.Output.Volume);
        _batches = new BatchPlan(Seed, network.Samples, network.Samples);
        Order = new int[network.Samples];
        _batches.Fill(0, 0, Order);
        Plan = new StepPlan(network.Samples, Shards, 1, [(0, new ShardSpan(0, Shards))]);
    }

    public Network Network { get; }

    public Model Model { get; }

    public DataSet Data { get; }

    /// <summary>The samples in the batch's order.</summary>
    public int[] Order { get; }

    /// <summary>One slot computes the whole batch, in four shards.</summary>
    public StepPlan Plan { get; }

    public ReadOnlySpan<float> Weights => _weights.Values;

    public FlatVector WeightVector => _weights.Vector;

    public DoubleModel InDouble() => new(Network.Layers, Model.Layout, Weights);

    /// <summary>The engine's gradient, summed over the batch, and the sum of its losses.</summary>
    public (float[] Gradient, double Loss) Differentiate()
    {
        using var pool = new TensorPool();
        var step = new GradientStep(
            Model, Data, Network.Loss, Network.Samples, Shards, 1, Seed, new TeamBarrier(1), pool, splitFrom: long.MaxValue);
        step.Reserve(1);
        step.Compute(0, Plan, _batches, 0, _weights.Vector);
        return (step.Leaves[0].Values.ToArray(), step.Loss(Plan));
    }

    /// <summary>The same by two slots with two shards each, which compute every layer together, split by outputs.</summary>
    public float[] DifferentiateSplit()
    {
        using var pool = new TensorPool();
        var whole = new ShardSpan(0, Shards);
        var plan = new StepPlan(Network.Samples, Shards, 2, [(0, whole.Left), (1, whole.Right)]);
        var team = new TeamBarrier(2);
        var step = new GradientStep(Model, Data, Network.Loss, Network.Samples, Shards, 2, Seed, team, pool, splitFrom: 0);
        step.Reserve(2);
        var failures = new Exception?[2];
        var other = new Thread(() => Compute(1));
        other.Start();
        Compute(0);
        other.Join();
        failures.ShouldAllBe(failure => failure == null);
        step.Complete.ShouldAllBe(complete => complete);
        return step.Leaves[0].Values.ToArray();

        void Compute(int slot)
        {
#pragma warning disable CA1031 // Whatever it is, the other slot must not wait for this one.
            try
            {
                step.Compute(slot, plan, _batches, 0, _weights.Vector);
            }
            catch (Exception exception)
            {
                failures[slot] = exception;
                team.Break();
            }
#pragma warning restore CA1031
        }
    }

    /// <summary>The engine's outputs for the data's rows in their own order, computed by so many rows at a time.</summary>
    public float[] Outputs(int rowsAtOnce)
    {
        using var pool = new TensorPool();
        var model = new CompiledModel(Model, Data.Count, 1, 0, pool);
        Data.Features.CopyTo(model.Input(0, Data.Count));
        for (var row = 0; row < Data.Count; row += rowsAtOnce)
        {
            model.Forward(new PassRange { Row = row, Rows = Math.Min(rowsAtOnce, Data.Count - row) }, _weights.Vector);
        }

        return model.Output(0, Data.Count).ToArray();
    }

    public void Dispose() => _pool.Dispose();

    /// <summary>Inputs of both signs, none near 0, where the rectifier has no derivative.</summary>
    private static DataSet DataOf(Network network, int outputs)
    {
        var features = new float[network.Samples * network.Input.Volume];
        for (var i = 0; i < features.Length; i++)
        {
            features[i] = (((i * 37) % 101) - 50.5f) / 32;
        }

        if (network.Loss.TakesLabels)
        {
            int[] labels = [.. Enumerable.Range(0, network.Samples).Select(sample => sample * 5 % outputs)];
            return new DataSet(network.Input, features, labels, [.. Enumerable.Range(0, outputs).Select(name => $"{name}")]);
        }

        float[] targets = [.. Enumerable.Range(0, network.Samples * outputs).Select(i => ((i * 29 % 23) - 11) / 8f)];
        return new DataSet(network.Input, features, targets, outputs);
    }
}
