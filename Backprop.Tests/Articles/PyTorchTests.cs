using Backprop.Coordinator.Explain;

namespace Backprop.Tests.Articles;

/// <summary>
/// The networks with functions in them, against numbers that PyTorch 1.13 printed in float64:
/// <code>
/// import torch
/// torch.set_default_dtype(torch.float64)
/// T = torch.tensor
/// def show(weights, f, x, t, loss, rate):
///     p = [T(w, requires_grad=True) for w in weights]
///     l = loss(f(p, T(x)), T(t)); l.backward()
///     flat = lambda ts: [v for t in ts for v in t.flatten().tolist()]
///     print(l.item(), flat([w.grad for w in p]), flat([w - rate * w.grad for w in p]))
/// mse, ce = torch.nn.functional.mse_loss, torch.nn.functional.cross_entropy
/// show([[[.8]], [-.2]], lambda p, x: torch.sigmoid(x @ p[0].T + p[1]), [[-2], [.5], [1.5]], [[0.], [0.], [1.]], mse, 1)
/// show([[[.6]], [-.1], [[-.7]], [.3]], lambda p, x: torch.sigmoid(torch.tanh(x @ p[0].T + p[1]) @ p[2].T + p[3]),
///      [[-1], [.5], [2]], [[.9], [.4], [.1]], mse, 1)
/// show([[[.1, .2], [-.6, .4]], [.1, .1], [[.5, -.3]], [.2]], lambda p, x: torch.relu(x @ p[0].T + p[1]) @ p[2].T + p[3],
///      [[1., 2.], [3., 4.]], [[1.], [2.]], mse, .01)
/// show([[[-.66, -.3], [.39, -.46], [.36, .15], [-.43, -.09]], [-.05, .14, -.155, .045],
///       [[-.05, -.16, .47, -.41], [-.39, .03, .45, -.37], [.16, .05, -.45, -.23]], [.13, .03, .13],
///       [[.08, .08, .25], [.39, -.53, -.57], [-.46, -.43, .42]], [0., 0., 0.]],
///      lambda p, x: torch.relu(torch.tanh(x @ p[0].T + p[1]) @ p[2].T + p[3]) @ p[4].T + p[5],
///      [[-1.5, -1], [-1, -1.5], [-.5, -1], [1.5, -1], [1, -.5], [1, -1.5], [0, 1.5], [-.5, 1], [.5, 1]],
///      [0, 0, 0, 1, 1, 1, 2, 2, 2], ce, .5)
/// </code>
/// </summary>
public sealed class PyTorchTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Neuron(int workers) => Check(
        "neuron",
        workers,
        0.13158954578084456,
        [-0.030535999324993738, 0.06698891356022449],
        [0.8305359993249938, -0.2669889135602245]);

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Two_layer(int workers) => Check(
        "two-layer",
        workers,
        0.061172435254987424,
        [-0.05022086398807406, -0.014678221674008899, 0.0686638501406045, 0.044937659100578675],
        [0.650220863988074, -0.08532177832599111, -0.7686638501406045, 0.2550623408994213]);

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Simple_nn(int workers) => Check(
        "simple-nn",
        workers,
        0.89405,
        [-2.095, -2.99, 0.177, 0.354, -0.895, 0.177, -1.794, -0.177, -1.79],
        [0.12095, 0.2299, -0.60177, 0.39646, 0.10895, 0.09823, 0.51794, -0.29823, 0.2179]);

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Two_hidden(int workers)
    {
        double[] gradient =
        [
            0.005159539123038629, -0.039535065562350785, 0.015706678452135407, -0.0392952781945507, -0.1315201657476766,
            0.26845359220097664, -0.04159098701355104, -0.040371878181628656, -0.03400983494704511, -0.015161215684256648,
            0.05318928825633418, -0.06572638592898915, -0.0023949241989558424, -0.15480623443920186, -0.009221603400778863,
            0.03226332684299975, -0.06201736419166608, 0.05947468902035047, 0.0151189440842864, -0.03839963543731096,
            -0.08189265481908413, 0.19395789545618514, 0.04801973103934847, -0.08766771048798318, 0.03594815069741177,
            0.12773513602252717, 0.028107286116787374, 0.06152433641650928, 0.08600281697956164, -0.06367700091277824,
            -0.024968536421208654, -0.06953020076193597, 0.01214280657949983, -0.036555799995300634, -0.016472616217625684,
            0.05153419433327841, 0.044367507485861296, -0.03600986099937756, -0.008357646486483766,
        ];
        double[] weights =
        [
            -0.66, -0.3, 0.39, -0.46, 0.36, 0.15, -0.43, -0.09, -0.05, 0.14, -0.155, 0.045,
            -0.05, -0.16, 0.47, -0.41, -0.39, 0.03, 0.45, -0.37, 0.16, 0.05, -0.45, -0.23, 0.13, 0.03, 0.13,
            0.08, 0.08, 0.25, 0.39, -0.53, -0.57, -0.46, -0.43, 0.42, 0, 0, 0,
        ];
        Check("two-hidden", workers, 1.1489905001580232, gradient, [.. weights.Zip(gradient, (w, g) => w - (0.5 * g))]);
    }

    /// <summary>For x = 1.5, y = 1: z = 0.8 · 1.5 - 0.2 = 1, so ŷ is the sigmoid of 1, 0.7310585786.</summary>
    [Fact]
    public void A_neurons_gradient_is_the_product_of_three_factors()
    {
        var sample = Explanation.Of(Article.Load("neuron"), 1).Samples.Single(s => s.Id == 2).Pass;

        sample.Values[1][0].ShouldBe(1, 1e-7);
        sample.Values[2][0].ShouldBe(0.7310585786300049, 1e-7);
        var (howWrong, howSteep, through) = (-0.5378828427399902, 0.19661193324148188, 1.5);
        sample.Deltas[2][0].ShouldBe(howWrong, 1e-7);
        sample.Deltas[1][0].ShouldBe(howWrong * howSteep, 1e-7);
        sample.Gradient[0].ShouldBe(howWrong * howSteep * through, 1e-7);
        Article.Load("neuron").Only(2).Gradient(1).ShouldBeNear([howWrong * howSteep * through, howWrong * howSteep]);
    }

    private static void Check(string name, int workers, double loss, double[] gradient, double[] after)
    {
        var run = Article.Load(name);
        run.Gradient(workers).ShouldBeNear(gradient);
        var (losses, weights) = run.Train(workers, 1);
        losses[0].ShouldBe(loss, 1e-6 * loss);
        weights.ShouldBeNear(after);
    }
}
