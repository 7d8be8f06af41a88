using Backprop.Coordinator.Cluster.Gradients;
using Backprop.Coordinator.Core;
using Backprop.Shared.Gradients;
using Backprop.Shared.Models;
using Backprop.Shared.Tensors;
using Backprop.Tests.Golden;

namespace Backprop.Tests.Coordinator.Cluster.Gradients;

/// <summary>
/// Gradients between announcement and commit. That they are folded while they arrive is a wager on the spans that are on their way: won,
/// it gives the bits of the fold at the end; lost, it leaves no trace.
/// </summary>
public sealed class GradientTableTests : IDisposable
{
    private const int Shards = 8;
    private const int Samples = 24;
    private const int Step = 5;
    private readonly List<FloatBuffer> _buffers = [];
    private readonly TensorPool _pool = new();
    private readonly ParameterLayout _layout;
    private readonly CommitSweep _sweep;
    private readonly float[] _total;
    private readonly GradientTable _table;
    private int _attempts;

    public GradientTableTests()
    {
        var run = GoldenRuns.SmallRun("sgd");
        _layout = run.Model.Layout;
        _sweep = new CommitSweep(_layout, run.File.Optimizer, null, new float[_layout.Length], [], Shards, 2);
        _total = new float[_layout.Length];
        var buffers = new GradientBuffers(_pool, _layout.Length);
        _table = new GradientTable(buffers, new ArrivalFold(_sweep, 1, _total, Shards), Shards, completed: 0);
        _table.BeginStep(Step, Samples);
    }

    public void Dispose()
    {
        _buffers.ForEach(buffer => ((IDisposable)buffer).Dispose());
        _pool.Dispose();
    }

    [Fact]
    public void SpansThatMakeUpTheBatch_AreFoldedWhenTheLastIsIn()
    {
        var (left, right) = (Open(0, 4, 1), Open(4, 4, 2));
        Arrive(left);
        Arrive(right);
        Take(left, right);

        _table.TryFinishFold(out var sums).ShouldBeTrue();

        ShouldBeFolded(sums.Span);
        left.Buffer.Values.ToArray().ShouldAllBe(element => element == 1);
    }

    [Fact]
    public void OtherSpansThanThoseThatWereTaken_AreNoFold()
    {
        var (left, right, again) = (Open(0, 4, 1), Open(4, 4, 2), Open(4, 4, 2));
        Arrive(left);
        Arrive(again);
        Arrive(right);
        Take(left, right);

        _table.TryFinishFold(out _).ShouldBeFalse();
    }

    [Fact]
    public void AfterTheEndOfAStep_NothingIsFolded_WhoeverComesLate()
    {
        var (left, right, again, former) = (Open(0, 4, 1), Open(4, 4, 2), Open(4, 4, 2), Open(0, 8, 9, Step - 1));
        Arrive(left);
        Arrive(right);
        Abandon(again);
        Take(left, right);
        _table.TryFinishFold(out _).ShouldBeFalse();

        Arrive(former);
        Arrive(left);

        _total.ShouldAllBe(sum => sum == 0);
    }

    [Fact]
    public void AGradientOfTheStepBefore_BeginsNoFold()
    {
        var (left, right, again) = (Open(0, 4, 1), Open(4, 4, 2), Open(4, 4, 2));
        Arrive(left);
        Arrive(right);
        Abandon(again);

        Arrive(Open(0, 8, 9, Step - 1));
        _total.ShouldAllBe(sum => sum == 0);

        // One of its own does.
        Arrive(right);
        ShouldBeFolded(_total);
    }

    [Fact]
    public void AGradientThatIsNotFinite_LosesTheWager()
    {
        var (left, right) = (Open(0, 4, 1), Open(4, 4, 2));
        _table.Arrived(left, 0, finite: false);
        Arrive(right);
        Take(left, right);

        _table.TryFinishFold(out _).ShouldBeFalse();
        _total.ShouldAllBe(sum => sum == 0);
    }

    [Fact]
    public void AGradient_IsFoundByWhoSendsItAndWhatItAnswers_UntilItsStepIsOver()
    {
        var gradient = Open(0, 4, 1);
        var (worker, assignment) = (gradient.Worker, gradient.Assignment);

        _table.Find(worker, assignment).ShouldBe(gradient);
        _table.Find(new WorkerId(99), assignment).ShouldBeNull();
        _table.Find(worker, assignment with { Attempt = 99 }).ShouldBeNull();
        Take(gradient);
        _table.DropIfNotTaken(worker, assignment);
        _table.Find(worker, assignment).ShouldBe(gradient);

        _table.BeginStep(Step + 1, Samples);
        _table.Find(worker, assignment).ShouldBeNull();
        _table.Taken.ShouldBeEmpty();
    }

    [Fact]
    public void AnAnswerThatTheCoreDidNotTake_IsDropped_AndItsVectorUsedAgain()
    {
        var first = _table.Open(new WorkerId(1), Assignment.Shards(Step, new ShardSpan(0, 4), 1), null, 0);
        _table.Answer(first, loss: 1, finite: true).ShouldBeTrue();
        var vector = first.Buffer;

        _table.DropIfNotTaken(first.Worker, first.Assignment);

        _table.Open(new WorkerId(2), Assignment.Shards(Step, new ShardSpan(0, 4), 2), null, 0).Buffer.ShouldBe(vector);
    }

    [Fact]
    public void WhatIsNotThere_CannotBeTaken() =>
        Should.Throw<InvalidOperationException>(() => _table.Take(new WorkerId(1), Assignment.Shards(Step, new ShardSpan(0, 4), 1)));

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(7)]
    public void RangesOfAllParts_AreTheWholeVector(int parts)
    {
        var next = 0;
        for (var part = 0; part < parts; part++)
        {
            var (from, to) = _sweep.RangeOf(part, parts);
            from.ShouldBe(next);
            next = to;
        }

        next.ShouldBe(_total.Length);
    }

    /// <summary>All parameters; the gaps between them are nobody's.</summary>
    private void ShouldBeFolded(ReadOnlySpan<float> sums)
    {
        foreach (var parameter in _layout.Parameters)
        {
            sums.Slice(parameter.Start, parameter.Length).ToArray().ShouldAllBe(sum => sum == 3);
        }
    }

    private SpanGradient Open(int first, int count, float value, int step = Step)
    {
        var buffer = new FloatBuffer(_total.Length);
        _buffers.Add(buffer);
        buffer.Values.Fill(value);
        var attempt = ++_attempts;
        return _table.Open(new WorkerId(attempt), Assignment.Shards(step, new ShardSpan(first, count), attempt), buffer, 0);
    }

    private void Arrive(SpanGradient gradient) => _table.Arrived(gradient, 0, finite: true);

    private void Abandon(SpanGradient gradient) => _table.Abandon(gradient.Worker, gradient.Assignment);

    private void Take(params SpanGradient[] gradients)
    {
        foreach (var gradient in gradients)
        {
            _table.Answer(gradient, loss: 1, finite: true);
            _table.Take(gradient.Worker, gradient.Assignment);
        }
    }
}
