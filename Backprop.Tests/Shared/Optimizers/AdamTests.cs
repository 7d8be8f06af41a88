using Backprop.Shared.Optimizers;

namespace Backprop.Tests.Shared.Optimizers;

public class AdamTests
{
    [Fact]
    public void TheFirstStepIsTheRateAgainstTheSignOfTheGradient()
    {
        float[] weights = [1, 1, 1];
        var optimizer = new AdamOptimizer { Rate = 0.01 };

        OptimizerRun.Step(optimizer, 0, [1e-3f, -50, 7], weights, OptimizerRun.State(optimizer, 3));

        weights[0].ShouldBe(0.99f, 1e-6);
        weights[1].ShouldBe(1.01f, 1e-6);
        weights[2].ShouldBe(0.99f, 1e-6);
    }

    [Fact]
    public void EachRoundingIsTheDocumentedOne()
    {
        var optimizer = new AdamWOptimizer { Rate = 0.003, Beta1 = 0.85, Beta2 = 0.97, Epsilon = 1e-5, WeightDecay = 0.02 };
        float[] weights = [0.7f, -0.3f, 123.4f];
        var state = OptimizerRun.State(optimizer, 3);
        float[] p = [.. weights], m = new float[3], v = new float[3];
        double power1 = 1, power2 = 1;

        for (var step = 0; step < 4; step++)
        {
            float[] gradient = [0.1f * (step + 1), -0.37f, 1e-4f / (step + 1)];
            OptimizerRun.Step(optimizer, step, gradient, weights, state);

            (power1, power2) = (power1 * 0.85, power2 * 0.97);
            for (var i = 0; i < 3; i++)
            {
                m[i] = MathF.FusedMultiplyAdd((float)(1 - 0.85), gradient[i], 0.85f * m[i]);
                v[i] = MathF.FusedMultiplyAdd((float)(1 - 0.97) * gradient[i], gradient[i], 0.97f * v[i]);
                var d = MathF.FusedMultiplyAdd(MathF.Sqrt(v[i]), (float)(1 / Math.Sqrt(1 - power2)), 1e-5f);
                p[i] = MathF.FusedMultiplyAdd((float)-(0.003 / (1 - power1)), m[i] / d, (float)(1 - (0.003 * 0.02)) * p[i]);
            }
        }

        Bits.ShouldBeSame(weights, p);
        Bits.ShouldBeSame(state[0].Span, m);
        Bits.ShouldBeSame(state[1].Span, v);
    }

    [Fact]
    public void AfterMillionsOfStepsTheCorrectionsAreGone()
    {
        float[] weights = [1];
        var optimizer = new AdamOptimizer { Rate = 0.5 };
        Memory<float>[] state = [new float[] { 0.25f }, new float[] { 4f }];

        optimizer.Update(new(3_000_000_000, 0.5), [0], weights, new StateBlocks(state, 0, 1));

        weights[0].ShouldBe((float)(1 - (0.5 * (0.25 * 0.9) / Math.Sqrt(4 * 0.999))), 1e-6);
    }

    [Fact]
    public void TheDefaultsArePyTorchs()
    {
        var adam = new AdamOptimizer { Rate = 1 };

        (adam.Beta1, adam.Beta2, adam.Epsilon, adam.WeightDecay).ShouldBe((0.9, 0.999, 1e-8, 0));
        new AdamWOptimizer { Rate = 1 }.WeightDecay.ShouldBe(0.01);
        new MomentumOptimizer { Rate = 1 }.Momentum.ShouldBe(0.9);
        new NesterovOptimizer { Rate = 1 }.Momentum.ShouldBe(0.9);
    }

    [Fact]
    public void SettingsOutOfRangeAreRefusedWithTheirName()
    {
        Refused(() => new AdamOptimizer { Rate = 1, Beta1 = 1 }, "beta1 must be in [0, 1)");
        Refused(() => new AdamOptimizer { Rate = 1, Beta2 = -0.1 }, "beta2 must be in [0, 1)");
        Refused(() => new AdamWOptimizer { Rate = 1, Beta2 = double.NaN }, "beta2 must be in [0, 1)");
        Refused(() => new AdamOptimizer { Rate = 1, Epsilon = 0 }, "epsilon must be above 0");
        Refused(() => new AdamOptimizer { Rate = 1, Epsilon = 1e-50 }, "epsilon must be above 0");
        Refused(() => new MomentumOptimizer { Rate = 1, Momentum = 1 }, "momentum must be in [0, 1)");
        Refused(() => new NesterovOptimizer { Rate = 1, Momentum = -1 }, "momentum must be in [0, 1)");
        Refused(() => new ClipSpec { Norm = 0 }, "norm must be above 0");
        Refused(() => new ClipSpec { Norm = double.NaN }, "norm must be above 0");
    }

    private static void Refused(Func<object> create, string message) =>
        Should.Throw<ArgumentOutOfRangeException>(() => create()).Message.ShouldContain(message);
}
