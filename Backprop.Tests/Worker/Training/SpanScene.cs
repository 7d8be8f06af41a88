using Backprop.Shared.Actors;
using Backprop.Shared.Data;
using Backprop.Shared.Gradients;
using Backprop.Shared.Layers;
using Backprop.Shared.Losses;
using Backprop.Shared.Models;
using Backprop.Shared.Tensors;
using Backprop.Tests.Shared;
using Backprop.Worker.Training;

namespace Backprop.Tests.Worker.Training;

/// <summary>A small model with data and first weights, computed span by span by some slots.</summary>
internal sealed class SpanScene : IDisposable
{
    private readonly TensorPool _pool = new();
    private readonly BatchPlan _batches;
    private readonly GradientStep _step;
    private readonly TeamBarrier _team;
    private readonly FloatBuffer _arriving;
    private readonly int _batch;
    private readonly int _slots;

    public SpanScene(int batch, int slots, long splitFrom)
    {
        (_batch, _slots) = (batch, slots);
        var (first, middle, last) = (new LinearSpec { Out = 8 }, new LinearSpec { Out = 40 }, new LinearSpec { Out = 3 });
        Model = Model.Build([first, new ReluSpec(), middle, new TanhSpec(), last], new Shape(6));
        var features = new float[batch * 3 * 6];
        for (var i = 0; i < features.Length; i++)
        {
            features[i] = ((i * 37 % 101) - 50.5f) / 40;
        }

        var labels = Enumerable.Range(0, batch * 3).Select(i => i * 7 % 3).ToArray();
        var data = new DataSet(new Shape(6), features, labels, ["a", "b", "c"]);
        _batches = new BatchPlan(9, data.Count, batch);
        _team = new TeamBarrier(slots);
        _step = new GradientStep(Model, data, new CrossEntropySpec(), batch, Shards, slots, 9, _team, _pool, splitFrom);
        Weights = new float[Model.Layout.Length];
        Model.Initialize(3, Weights);
        _arriving = _pool.Rent(Model.Layout.Length);
    }

    public static int Shards => 8;

    public Model Model { get; }

    public float[] Weights { get; }

    /// <summary>The gradient and loss of a span; null where the pass was abandoned.</summary>
    public (float[] Gradient, double Loss)? Compute(
        ShardSpan span, int step, Func<SpanScene, GradientStep, FloatBuffer, IStepProgress>? progress)
    {
        var plan = StepPlan.ForSpan(_batch, Shards, _slots, span);
        _step.ReserveForOne(plan, _step.RentGradient());
        _step.Leaves[0].Values.Fill(float.NaN);
        _arriving.Values.Fill(float.NaN);
        var watcher = progress?.Invoke(this, _step, _arriving) ?? new Watcher(this, _step, _arriving);
        var results = new bool[_slots];
        var failures = new Exception?[_slots];
        var others = Enumerable.Range(1, _slots - 1).Select(slot => new Thread(() => Run(slot))).ToArray();
        Array.ForEach(others, thread => thread.Start());
        Run(0);
        Array.ForEach(others, thread => thread.Join());
        failures.ShouldAllBe(failure => failure == null);
        results.ShouldAllBe(result => result == results[0]);
        (watcher as Watcher)?.Check(results[0]);
        return results[0] ? (Flat(_step.Leaves[0].Values), _step.Loss(plan)) : null;

        void Run(int slot)
        {
#pragma warning disable CA1031 // Whatever it is, the other slots must not wait for this one.
            try
            {
                results[slot] = _step.Compute(slot, plan, _batches, step, _arriving.Vector, watcher);
            }
            catch (Exception exception)
            {
                failures[slot] = exception;
                _team.Break();
            }
#pragma warning restore CA1031
        }
    }

    public void Dispose() => _pool.Dispose();

    /// <summary>Without the gaps, which here are NaN.</summary>
    private float[] Flat(ReadOnlySpan<float> vector)
    {
        var flat = new float[vector.Length];
        foreach (var parameter in Model.Layout.Parameters)
        {
            vector.Slice(parameter.Start, parameter.Length).CopyTo(flat.AsSpan(parameter.Start));
        }

        return flat;
    }

    /// <summary>
    /// Lets weights arrive only when they are asked for, and notes what was said to be final: it must be what it is at the end. Abandons
    /// after so many calls.
    /// </summary>
    internal sealed class Watcher(SpanScene scene, GradientStep step, FloatBuffer arriving, int patience = int.MaxValue) : IStepProgress
    {
        private readonly List<(int Start, float[] Elements)> _said = [];
        private int _calls;
        private int _last = int.MaxValue;

        public List<int> Starts { get; } = [];

        public bool AwaitWeights(int end)
        {
            scene.Weights.AsSpan(0, end).CopyTo(arriving.Values);
            return ++_calls <= patience;
        }

        public bool GradientReady(int start)
        {
            start.ShouldBeLessThanOrEqualTo(_last);
            _last = start;
            Starts.Add(start);
            _said.Add((start, step.Leaves[0].Values[start..].ToArray()));
            return ++_calls <= patience;
        }

        public void Check(bool completed)
        {
            if (completed)
            {
                _last.ShouldBe(0);
                foreach (var (start, elements) in _said)
                {
                    Bits.ShouldBeSame(elements, step.Leaves[0].Values[start..]);
                }
            }
        }
    }
}
