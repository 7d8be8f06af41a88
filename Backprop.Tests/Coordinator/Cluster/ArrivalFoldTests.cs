using Backprop.Coordinator.Cluster;
using Backprop.Shared.Gradients;
using Backprop.Shared.Models;
using Backprop.Shared.Tensors;
using Backprop.Tests.Golden;

namespace Backprop.Tests.Coordinator.Cluster;

/// <summary>A wager on the spans that are on their way: won, it gives the bits of the fold at the end; lost, it leaves no trace.</summary>
public sealed class ArrivalFoldTests : IDisposable
{
    private const int Shards = 8;
    private const int Samples = 24;
    private readonly List<FloatBuffer> _buffers = [];
    private readonly ParameterLayout _layout;
    private readonly CommitSweep _sweep;
    private readonly float[] _total;
    private readonly ArrivalFold _fold;

    public ArrivalFoldTests()
    {
        var run = GoldenRuns.SmallRun("sgd");
        var layout = run.Model.Layout;
        _layout = layout;
        _sweep = new CommitSweep(layout, run.File.Optimizer, null, new float[layout.Length], [], Shards, 2);
        _total = new float[layout.Length];
        _fold = new ArrivalFold(_sweep, 1, _total, Shards);
        _fold.Begin(Samples);
    }

    public void Dispose() => _buffers.ForEach(buffer => ((IDisposable)buffer).Dispose());

    [Fact]
    public void SpansThatMakeUpTheBatch_AreFoldedWhenTheLastIsIn()
    {
        var (left, right) = (Begin(0, 4, 1), Begin(4, 4, 2));
        _fold.Arrived(left, 0);
        _fold.Arrived(right, 0);

        _fold.TryFinish([left, right], out var sums).ShouldBeTrue();

        ShouldBeFolded(sums.Span);
        left.Vector.Values.ToArray().ShouldAllBe(element => element == 1);
    }

    [Fact]
    public void OtherSpansThanThoseThatWereTaken_AreNoFold()
    {
        var (left, right, again) = (Begin(0, 4, 1), Begin(4, 4, 2), Begin(4, 4, 2));
        _fold.Arrived(left, 0);
        _fold.Arrived(again, 0);
        _fold.Arrived(right, 0);

        _fold.TryFinish([left, right], out _).ShouldBeFalse();
    }

    [Fact]
    public void AfterTheEndOfAStep_NothingIsFolded_WhoeverComesLate()
    {
        var (left, right, again, former) = (Begin(0, 4, 1), Begin(4, 4, 2), Begin(4, 4, 2), Make(0, 8, 9));
        _fold.Arrived(left, 0);
        _fold.Arrived(right, 0);
        _fold.Gone(again);
        _fold.TryFinish([left, right], out _).ShouldBeFalse();

        _fold.Arrived(former, 0);
        _fold.Arrived(left, 0);

        _total.ShouldAllBe(sum => sum == 0);
    }

    [Fact]
    public void AGradientOfTheStepBefore_BeginsNoFold()
    {
        var (left, right, again) = (Begin(0, 4, 1), Begin(4, 4, 2), Begin(4, 4, 2));
        _fold.Arrived(left, 0);
        _fold.Arrived(right, 0);
        _fold.Gone(again);

        _fold.Arrived(Make(0, 8, 9), 0);
        _total.ShouldAllBe(sum => sum == 0);

        // One of its own does.
        _fold.Arrived(right, 0);
        ShouldBeFolded(_total);
    }

    [Fact]
    public void AGradientThatIsNotFinite_LosesTheWager()
    {
        var (left, right) = (Begin(0, 4, 1), Begin(4, 4, 2));
        left.IsFinite = false;
        _fold.Arrived(left, 0);
        _fold.Arrived(right, 0);

        _fold.TryFinish([left, right], out _).ShouldBeFalse();
        _total.ShouldAllBe(sum => sum == 0);
    }

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

    private SpanGradient Begin(int first, int count, float value)
    {
        var gradient = Make(first, count, value);
        _fold.Began(gradient);
        return gradient;
    }

    private SpanGradient Make(int first, int count, float value)
    {
        var buffer = new FloatBuffer(_total.Length);
        _buffers.Add(buffer);
        buffer.Values.Fill(value);
        return new SpanGradient(buffer) { Span = new ShardSpan(first, count), From = _total.Length, IsFinite = true };
    }
}
