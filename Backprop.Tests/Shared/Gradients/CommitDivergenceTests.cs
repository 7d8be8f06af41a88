using Backprop.Shared.Gradients;
using Backprop.Shared.Optimizers;

namespace Backprop.Tests.Shared.Gradients;

public class CommitDivergenceTests
{
    private static readonly SgdOptimizer Sgd = new() { Rate = 0.1 };

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    [InlineData(float.NegativeInfinity)]
    public void ASingleNonFiniteGradientMakesTheNormNonFinite(float poison)
    {
        foreach (var parameter in new CommitScene(Sgd, null, 2).Layout.Parameters)
        {
            var scene = new CommitScene(Sgd, null, 2);
            var leaves = scene.Leaves(0);
            leaves[1][parameter.Start + parameter.Length - 1] = poison;

            var (norm, finite) = scene.Commit(scene.Sweep(2), leaves, 2, 64, 0);

            double.IsFinite(norm).ShouldBeFalse();
            finite.ShouldBeFalse();
            FiniteCheck.FirstNonFinite(scene.Layout, leaves[0])!.FullName.ShouldBe(parameter.FullName);
            FiniteCheck.FirstNonFinite(scene.Layout, scene.Weights)!.FullName.ShouldBe(parameter.FullName);
        }
    }

    [Fact]
    public void TheLargestFiniteGradientsHaveAFiniteNorm()
    {
        var scene = new CommitScene(Sgd, null, 1);
        var leaves = scene.Leaves(0);
        leaves[0].AsSpan().Fill(float.MaxValue);

        var (norm, finite) = scene.Commit(scene.Sweep(1), leaves, 1, 1, 0);

        double.IsFinite(norm).ShouldBeTrue();
        finite.ShouldBeTrue();
        FiniteCheck.FirstNonFinite(scene.Layout, scene.Weights).ShouldBeNull();
    }

    [Fact]
    public void AnUpdateThatOverflowsAWeightIsReportedByItsPartAlone()
    {
        var scene = new CommitScene(new SgdOptimizer { Rate = 1e38 }, null, 1);
        var sweep = scene.Sweep(2);
        var sums = new float[scene.Layout.Length];
        sums[^20] = -1e10f;
        Memory<float>[] leaves = [sums];
        sweep.Reduce(0, 2, leaves, scene.Folds, [], 1);
        sweep.Reduce(1, 2, leaves, scene.Folds, [], 1);
        var norm = sweep.Norm();

        norm.ShouldBe(1e10, 1e3);
        sweep.Update(0, 2, sums, 1, norm, new(0, 1e38)).ShouldBeTrue();
        sweep.Update(1, 2, sums, 1, norm, new(0, 1e38)).ShouldBeFalse();
        FiniteCheck.FirstNonFinite(scene.Layout, scene.Weights)!.FullName.ShouldBe("layers.5.weight");
    }

    [Fact]
    public void FiniteChecksSeeEveryPlace()
    {
        for (var length = 0; length < 40; length++)
        {
            var values = new float[length];
            values.AsSpan().Fill(-float.MaxValue);
            FiniteCheck.All(values).ShouldBeTrue();
            for (var i = 0; i < length; i++)
            {
                foreach (var poison in new[] { float.NaN, -float.NaN, float.PositiveInfinity, float.NegativeInfinity })
                {
                    values[i] = poison;
                    FiniteCheck.All(values).ShouldBeFalse();
                    values[i] = -float.MaxValue;
                }
            }
        }
    }
}
