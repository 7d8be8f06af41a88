using Backprop.Shared.Optimizers;

namespace Backprop.Tests.Shared.Optimizers;

/// <summary>
/// Ten steps on five weights against numbers that PyTorch 1.13 printed:
/// <code>
/// import torch
/// def run(make):
///     p = torch.tensor([0.5, -1.25, 2.0, 0.003, -0.75], requires_grad=True)
///     o = make([p])
///     for s in range(10):
///         p.grad = torch.tensor([((s * 7 + i * 13) % 11 - 5) / 8 for i in range(5)])
///         o.step()
///     return p.tolist()
/// print(run(lambda p: torch.optim.SGD(p, lr=0.1)))
/// print(run(lambda p: torch.optim.SGD(p, lr=0.1, weight_decay=0.1)))
/// print(run(lambda p: torch.optim.SGD(p, lr=0.1, momentum=0.9)))
/// print(run(lambda p: torch.optim.SGD(p, lr=0.05, momentum=0.8, weight_decay=0.05)))
/// print(run(lambda p: torch.optim.SGD(p, lr=0.1, momentum=0.9, nesterov=True)))
/// print(run(lambda p: torch.optim.SGD(p, lr=0.05, momentum=0.8, nesterov=True, weight_decay=0.05)))
/// print(run(lambda p: torch.optim.Adam(p, lr=0.01)))
/// print(run(lambda p: torch.optim.Adam(p, lr=0.02, betas=(0.8, 0.99), eps=1e-3, weight_decay=0.1)))
/// print(run(lambda p: torch.optim.AdamW(p, lr=0.01)))
/// print(run(lambda p: torch.optim.AdamW(p, lr=0.02, betas=(0.8, 0.99), eps=1e-3, weight_decay=0.1)))
/// </code>
/// </summary>
public class PyTorchParityTests
{
    public static TheoryData<OptimizerSpec, float[]> Recorded => new()
    {
        { new SgdOptimizer { Rate = 0.1 }, [0.487500042f, -1.23749995f, 2.0374999f, 0.0654999986f, -0.800000012f] },
        {
            new SgdOptimizer { Rate = 0.1, WeightDecay = 0.1 },
            [0.438296407f, -1.12054753f, 1.84402668f, 0.0644559711f, -0.727429509f]
        },
        { new MomentumOptimizer { Rate = 0.1 }, [0.55079627f, -1.04352593f, 2.15174437f, 0.13711147f, -0.867307425f] },
        {
            new MomentumOptimizer { Rate = 0.05, Momentum = 0.8, WeightDecay = 0.05 },
            [0.464281708f, -1.07410598f, 1.88260329f, 0.0660107359f, -0.743097484f]
        },
        { new NesterovOptimizer { Rate = 0.1 }, [0.533216655f, -1.05167341f, 2.17406964f, 0.186200336f, -0.905576706f] },
        {
            new NesterovOptimizer { Rate = 0.05, Momentum = 0.8, WeightDecay = 0.05 },
            [0.45229888f, -1.07442307f, 1.87557006f, 0.0843591988f, -0.75123769f]
        },
        { new AdamOptimizer { Rate = 0.01 }, [0.51352042f, -1.2333529f, 2.02553415f, 0.00111877476f, -0.763496995f] },
        {
            new AdamOptimizer { Rate = 0.02, Beta1 = 0.8, Beta2 = 0.99, Epsilon = 1e-3, WeightDecay = 0.1 },
            [0.498740494f, -1.16783488f, 1.9254508f, 0.00445569493f, -0.743439198f]
        },
        { new AdamWOptimizer { Rate = 0.01 }, [0.513007224f, -1.23211277f, 2.02351379f, 0.0011225238f, -0.762738347f] },
        {
            new AdamWOptimizer { Rate = 0.02, Beta1 = 0.8, Beta2 = 0.99, Epsilon = 1e-3, WeightDecay = 0.1 },
            [0.509017527f, -1.19320893f, 2.00286317f, 0.0042053666f, -0.76224649f]
        },
    };

    [Theory]
    [MemberData(nameof(Recorded))]
    public void TenStepsGiveTheWeightsThatPyTorchGives(OptimizerSpec optimizer, float[] expected)
    {
        float[] weights = [0.5f, -1.25f, 2.0f, 0.003f, -0.75f];
        var state = OptimizerRun.State(optimizer, weights.Length);

        for (var step = 0; step < 10; step++)
        {
            var gradient = new float[5];
            for (var i = 0; i < 5; i++)
            {
                gradient[i] = (((step * 7) + (i * 13)) % 11 - 5) / 8f;
            }

            OptimizerRun.Step(optimizer, step, gradient, weights, state);
        }

        for (var i = 0; i < 5; i++)
        {
            // A weight near 0 is what is left of larger ones: its error is theirs.
            weights[i].ShouldBe(expected[i], 1e-6 * Math.Max(0.1, Math.Abs(expected[i])), $"weight {i} of {optimizer}");
        }
    }
}
