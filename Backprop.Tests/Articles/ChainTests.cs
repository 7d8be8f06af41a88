namespace Backprop.Tests.Articles;

/// <summary>The chains, whose derivatives can be worked out on paper.</summary>
public sealed class ChainTests
{
    /// <summary>
    /// With ab = 2, bc = 1.5, cd = 1 the chain gives d = 3a, so c = 3a, b = 2a and dL/dd = 2 (d - target):
    /// <code>
    ///  a   d   target   dL/dd    dL/dcd = dL/dd·c   dL/dbc = dL/dd·cd·b   dL/dab = dL/dd·cd·bc·a
    ///  3   9     17      -16     -16·9   =   -144   -16·1·6   =   -96     -16·1·1.5·3   =   -72
    /// 10  30    200     -340    -340·30  = -10200  -340·1·20  = -6800    -340·1·1.5·10  = -5100
    ///  7  21    -17       76      76·21  =   1596    76·1·14  =  1064      76·1·1.5·7   =   798
    ///                     average:           -2916              -1944                     -1458
    /// </code>
    /// Every number is a whole one or a half, so float32 has it exactly. The losses are 64, 28900 and 1444, on average 10136.
    /// </summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void The_derivatives_of_a_chain_are_what_the_chain_rule_gives_by_hand(int workers)
    {
        var run = Article.Load("chain");

        run.Gradient(workers).ShouldBe([-1458f, -1944f, -2916f]);
        run.Train(workers, 1).Losses.ShouldBe([10136.0]);
        run.Only(0).Gradient(workers).ShouldBe([-72f, -96f, -144f]);
        run.Only(1).Gradient(workers).ShouldBe([-5100f, -6800f, -10200f]);
        run.Only(2).Gradient(workers).ShouldBe([798f, 1064f, 1596f]);
    }

    /// <summary>weight - 0.00005 · gradient.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void A_step_moves_each_weight_against_its_derivative(int workers) =>
        Article.Load("chain").Train(workers, 1).Weights.ShouldBeNear([2.0729, 1.5972, 1.1458], 1e-7);

    /// <summary>
    /// The 25 weights multiply to 1, so z = a, the targets are 2a, and dL/dw = (product of the other weights) · average of 2 (a - 2a) a =
    /// -2 · 0.75 / w: -1.2 for 1.25, -1.875 for 0.8, -1.5 for 1.
    /// </summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void The_25_derivatives_of_the_long_chain_are_those_by_hand(int workers)
    {
        var run = Article.Load("chain26");

        var weights = run.FirstWeights();
        weights.Length.ShouldBe(25);
        run.Gradient(workers).ShouldBeNear([.. weights.Select(w => -1.5 / Math.Round(w, 6))], 2e-6);
    }
}
