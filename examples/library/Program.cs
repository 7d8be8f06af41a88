using Backprop;
using Backprop.Shared.Data;
using Backprop.Shared.Layers;
using Backprop.Shared.Losses;
using Backprop.Shared.Optimizers;
using Backprop.Shared.Runs;

var points = DataSet.Classified([[0, 0], [0, 1], [1, 0], [1, 1]], [0, 1, 1, 0], ["same", "different"]);
var run = new RunFile
{
    Data = new DataSpec { Train = new InMemorySource(points), Test = new InMemorySource(points) },
    Model = [new LinearSpec { Out = 16 }, new TanhSpec(), new LinearSpec { Out = 2 }],
    Loss = new CrossEntropySpec(),
    Optimizer = new AdamOptimizer { Rate = 0.05 },
    Batch = 4,
    Shards = 4,
    Epochs = 200,
    Evaluate = new EvaluateSpec { EveryEpochs = 0, Metrics = ["accuracy"] },
};

using var model = Trainer.Train(run, workers: 4);

var probabilities = model.Predict([1, 0]);
Console.WriteLine($"after {model.Steps} steps: accuracy {model.Evaluation["accuracy"]:P0}, weights {model.WeightsSha256[..16]}");
Console.WriteLine($"1 and 0 are {model.ClassNames[1]} with a probability of {probabilities[1]:P1}");
