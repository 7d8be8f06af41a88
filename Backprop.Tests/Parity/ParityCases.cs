using Backprop.Shared.Data;
using Backprop.Shared.Layers;
using Backprop.Shared.Losses;
using Backprop.Shared.Optimizers;
using Backprop.Shared.Runs;
using Backprop.Shared.Schedules;
using Backprop.Tests.TestUtilities;

namespace Backprop.Tests.Parity;

/// <summary>Twenty steps with every optimizer and schedule, both losses and every layer, clipped and not.</summary>
internal sealed class ParityCases
{
    private const int Steps = 20;

    private static readonly LinearSpec[] Linear = [new() { Out = 32 }, new() { Out = 16 }, new() { Out = 10 }];

    private static readonly DataSpec Digits = new()
    {
        Train = new CsvSource { Path = "data/digits.csv.gz", Label = "last" },
        Scale = new ScaleSpec { Divide = 16 },
        Classes = 10,
    };

    private static readonly Dictionary<string, RunFile> Files = new()
    {
        ["sgd"] = Classifier(new SgdOptimizer { Rate = 0.5, WeightDecay = 0.01 }) with { Clip = new() { Norm = 0.2 } },
        ["momentum"] = Classifier(new MomentumOptimizer { Rate = 0.15, WeightDecay = 0.001 }) with
        {
            Schedule = new LinearSchedule { WarmupSteps = 4 },
        },
        ["nesterov"] = Classifier(new NesterovOptimizer { Rate = 0.2, Momentum = 0.8, WeightDecay = 0.001 }) with
        {
            Schedule = new StepSchedule { EverySteps = 6, Factor = 0.5 },
        },
        ["adam"] = Classifier(new AdamOptimizer { Rate = 0.003, WeightDecay = 0.01 }),
        ["adamw"] = Classifier(new AdamWOptimizer { Rate = 0.005, Beta1 = 0.8, Beta2 = 0.99, WeightDecay = 0.1 }) with
        {
            Clip = new() { Norm = 0.25 },
            Schedule = new CosineSchedule { WarmupSteps = 5, Floor = 0.1 },
        },
        ["regression"] = Regression(),
    };

    private readonly Lazy<LoadedData> _digits = new(() => Load(Digits));

    public static IEnumerable<string> Names => Files.Keys;

    public static IEnumerable<RunFile> AllFiles => Files.Values;

    public ParityCase this[string name] =>
        new(Files[name], Files[name].Data == Digits ? _digits.Value : Load(Files[name].Data));

    private static LoadedData Load(DataSpec spec) => DataLoader.Load(spec, Repository.Root, seed: 1);

    private static RunFile Classifier(OptimizerSpec optimizer) => new()
    {
        Data = Digits,
        Model = [Linear[0], new ReluSpec(), Linear[1], new TanhSpec(), Linear[2]],
        Loss = new CrossEntropySpec(),
        Optimizer = optimizer,
        Batch = 64,
        Steps = Steps,
        Seed = 11,
    };

    /// <summary>The layers that the classifiers have not, and batches of 50, 50 and 20.</summary>
    private static RunFile Regression()
    {
        var inputs = new float[120][];
        var targets = new float[inputs.Length][];
        for (var sample = 0; sample < inputs.Length; sample++)
        {
            float[] x = [.. Enumerable.Range(0, 5).Select(i => (((((sample * 5) + i) * 37) % 101) - 50) / 32f)];
            inputs[sample] = x;
            targets[sample] = [x[0] * x[1], x[2] - (x[3] / 2), x[4] * x[4]];
        }

        return new RunFile
        {
            Data = new DataSpec { Train = new ValuesSource { Inputs = inputs, Targets = targets } },
            Model =
            [
                new FlattenSpec(), new LinearSpec { Out = 24 }, new SigmoidSpec(),
                new LinearSpec { Out = 8, Bias = false }, new SoftmaxSpec(), new LinearSpec { Out = 3 },
            ],
            Loss = new MeanSquaredErrorSpec(),
            Optimizer = new MomentumOptimizer { Rate = 0.1, WeightDecay = 0.001 },
            Schedule = new ExponentialSchedule { Decay = 0.97 },
            Batch = 50,
            Steps = Steps,
            Seed = 12,
        };
    }
}
