using System.Globalization;
using System.Text.Json;
using Backprop.Tests.TestUtilities;

namespace Backprop.Tests.EndToEnd;

/// <summary>The commands beside train, on the digits.</summary>
public sealed class CommandTests : IDisposable
{
    private static readonly string Digits = Repository.PathOf("examples", "digits.yaml");
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void EvaluateAndPredict_GiveTheNumbersOfTheTraining()
    {
        Run("train", Digits, "--set", "epochs=2", "--run-dir", "run").ShouldSucceed();
        var trained = new RunRecord(Path.Combine(_folder.Path, "run"));

        var evaluated = Json(Run("evaluate", "run/checkpoints/step-00000046.safetensors", "--json").ShouldSucceed().Output);
        var people = Run("evaluate", "run").ShouldSucceed().Output;
        var predicted = Lines(Run("predict", "run", "--json").ShouldSucceed().Output).Select(Json).ToList();

        var (expected, actual) = (trained.Summary.GetProperty("evaluation"), evaluated.GetProperty("evaluation"));
        actual.GetProperty("accuracy").GetDouble().ShouldBe(expected.GetProperty("accuracy").GetDouble());
        actual.GetProperty("loss").GetDouble().ShouldBe(expected.GetProperty("loss").GetDouble());
        evaluated.GetProperty("weightsSha256").GetString().ShouldBe(trained.WeightsSha256);
        var percent = actual.GetProperty("accuracy").GetDouble() * 100;
        people.ShouldStartWith(string.Create(CultureInfo.InvariantCulture, $"accuracy {percent:F2} %, loss "));
        predicted.Count.ShouldBe(359);
        var right = predicted.Count(p => p.GetProperty("class").GetString() == p.GetProperty("label").GetString());
        (right / 359.0).ShouldBe(actual.GetProperty("accuracy").GetDouble(), 1e-12);
        predicted[0].GetProperty("probabilities").EnumerateObject().Sum(p => p.Value.GetDouble()).ShouldBe(1, 1e-6);
        predicted.Select(p => p.GetProperty("sample").GetInt32()).Distinct().Count().ShouldBe(359);
    }

    [Fact]
    public void NewSamples_NeedNoLabelToBePredicted_ButToBeEvaluated()
    {
        using var small = new SmallRun();
        small.Run("train", "run.yaml", "--run-dir", "run").ShouldSucceed();
        small.Write("new.csv", "width,height\n1,2\n5,6\n");

        var predicted = Lines(small.Run("predict", "run", "--data", "new.csv").ShouldSucceed().Output);

        predicted.Select(line => line[..10]).ShouldBe(["sample 0: ", "sample 1: "]);
        small.Run("evaluate", "run", "--data", "new.csv")
            .ShouldFail(2, "To evaluate, new.csv must have samples of 2 inputs and a label each");
        small.Run("evaluate", "run").ShouldFail(2, "has no test part; name a file of samples as --data");
        small.Run("evaluate", "run", "--data", "data.csv").ShouldSucceed().Output.ShouldContain("on 4 samples of data.csv, after step 3");
    }

    [Fact]
    public void ARegression_PredictsValues()
    {
        using var small = new SmallRun();
        var yaml = SmallRun.Yaml("{ train: { kind: values, inputs: [[1], [2]], targets: [[2, 3], [4, 5]] } }", "[ linear: 2 ]");
        small.Train(yaml, "--set", "loss=mse", "--run-dir", "run").ShouldSucceed();
        small.Write("new.csv", "1\n2\n3\n");

        var lines = Lines(small.Run("predict", "run", "--data", "new.csv", "--json").ShouldSucceed().Output).Select(Json).ToList();

        lines.Count.ShouldBe(3);
        lines.ShouldAllBe(line => line.GetProperty("values").GetArrayLength() == 2);
    }

    [Fact]
    public void Init_WritesTheWeightsThatTrainBeginsWith()
    {
        string[] brief = ["--set", "epochs=1", "--set", "evaluate.everyEpochs=0"];
        Run("init", Digits, "--out", "first.safetensors").ShouldSucceed()
            .Output.ShouldContain("wrote first.safetensors: 17,226 parameters");

        Run(["train", Digits, .. brief, "--run-dir", "made"]).ShouldSucceed();
        Run(["train", Digits, .. brief, "--run-dir", "read", "--init", "first.safetensors"]).ShouldSucceed();

        var (made, read) = (new RunRecord(Path.Combine(_folder.Path, "made")), new RunRecord(Path.Combine(_folder.Path, "read")));
        read.WeightsSha256.ShouldBe(made.WeightsSha256);
    }

    [Fact]
    public void Plan_HasEverySampleOfAnEpochInOneShard()
    {
        var steps = Lines(Run("plan", Digits, "--steps", "24").ShouldSucceed().Output).Select(Json).ToList();

        steps.Select(s => s.GetProperty("epoch").GetInt32()).ShouldBe([.. Enumerable.Repeat(1, 23), 2]);
        steps.Select(s => s.GetProperty("step").GetInt32()).ShouldBe(Enumerable.Range(1, 24));
        steps.ShouldAllBe(s => s.GetProperty("shards").GetArrayLength() == 8);
        var shards = steps.Take(23).SelectMany(s => s.GetProperty("shards").EnumerateArray());
        var ids = shards.SelectMany(shard => shard.EnumerateArray()).Select(id => id.GetInt32()).ToList();
        ids.Count.ShouldBe(1438);
        ids.Distinct().Count().ShouldBe(1438);
        ids.Max().ShouldBeGreaterThan(1438, "ids are rows of the source, of which the test part is split off");
    }

    [Fact]
    public void HelpAndVersion_GoToStdout()
    {
        Run("--version").ShouldSucceed().Output.ShouldMatch(@"^\d+\.\d+\.\d+");
        Run("--help").ShouldSucceed().Output.ShouldContain("Examples:\n  backprop train examples/digits.yaml");
        Run("train", "--help").ShouldSucceed().Output.ShouldContain("--stop-at");
    }

    private CommandResult Run(params IEnumerable<string> arguments) => BackpropCommand.Run(_folder.Path, arguments);

    private static JsonElement Json(string text) => JsonDocument.Parse(text).RootElement;

    private static string[] Lines(string text) => text.Split('\n', StringSplitOptions.RemoveEmptyEntries);
}
