using System.Text.Json;
using Backprop.Tests.TestUtilities;

namespace Backprop.Tests.EndToEnd;

/// <summary>Data that must not be silently wrong, on the built command.</summary>
public sealed class DataTests : IDisposable
{
    private readonly SmallRun _run = new();

    public void Dispose() => _run.Dispose();

    [Fact]
    public void NoRowOfAFileWithLongLineBreaks_IsLost()
    {
        _run.Write("long.csv", "alpha,betas,yyy\r\n" + string.Concat(Enumerable.Repeat("1.23,4.567,0\r\n9.87,1.234,1\r\n", 10_000)));
        _run.Write("short.csv", "a,b,y\r1,2,0\r3,4,1\r");

        Train("long.csv", "[ linear: 2 ]").ShouldSay("20,000 samples");
        Train("short.csv", "[ linear: 2 ]").ShouldSay("2 samples");
    }

    [Fact]
    public void WhatLine1WasTakenFor_IsSaidOnce()
    {
        var trained = Train("data.csv", "[ linear: 3 ]");

        trained.Error.Split("line 1 names the columns").Length.ShouldBe(2);
        _run.Write("doubtful.csv", "?,2,0\n3,4,1\n5,6,0\n7,8,1\n");
        _run.Train(SmallRun.Yaml("{ train: { kind: csv, path: doubtful.csv } }", "[ linear: 2 ]"))
            .ShouldFail(2, $"{_run["doubtful.csv"]}, line 1, column 1: '?' is not a number");
        _run.Write("years.csv", "1990,1991,1992,0\n5,1,9,1\n");
        _run.Train(SmallRun.Yaml("{ train: { kind: csv, path: years.csv } }", "[ linear: 2 ]"))
            .ShouldFail(2, "may begin with a header or with a sample", "header: true or header: false");
    }

    [Fact]
    public void ColumnsInAnotherOrder_GiveTheSameFigures()
    {
        _run.Write("turned.csv", "kind,height,width\n0,2,1\n1,1,3\n2,6,5\n0,2,2\n");
        _run.Write("more.csv", "id,height,width,kind\n9,2,1,0\n9,1,3,1\n9,6,5,2\n9,2,2,0\n");
        _run.Write("less.csv", "width,kind\n1,0\n");
        Train("data.csv", "[ linear: 3 ]", "--set", "data.test={ kind: csv, path: turned.csv }", "--run-dir", "run");

        var (same, turned) = (Evaluation("data.csv"), Evaluation("turned.csv"));

        turned.ShouldBe(same);
        Evaluation("more.csv").ShouldBe(same);
        _run.Run("evaluate", "run", "--data", "more.csv").ShouldSucceed().ShouldSay($"{_run["more.csv"]}: one column is not used: id");
        _run.Run("predict", "run", "--data", "turned.csv").Output.ShouldBe(_run.Run("predict", "run", "--data", "data.csv").Output);
        _run.Run("predict", "run", "--data", "less.csv")
            .ShouldFail(2, $"{_run["less.csv"]} lacks 1 of the 2 columns that were trained on: height; it has width, kind");
        File.ReadAllText(_run["run/metrics.jsonl"]).ShouldContain($"\"loss\":{same.Loss}");
    }

    [Fact]
    public void AnOverrideThatWouldDropAFile_IsRefused()
    {
        var yaml = SmallRun.Yaml("{ train: { kind: csv, path: data.csv }, test: { kind: csv, path: data.csv }, classes: 3 }");

        _run.Train(yaml, "--set", "data.test.fraction=0.2")
            .ShouldFail(2, "'data.test' says something else already", "--set data.test=null");
        _run.Train(yaml, "--set", "data.test=null", "--set", "data.test.fraction=0.5").ShouldSucceed();
    }

    [Fact]
    public void WhatFitsByAccident_IsWarnedOf()
    {
        _run.Write("labels.csv", ",a,y\n" + string.Concat(Enumerable.Range(0, 12).Select(row => $"{row},{row % 4},{(row % 5) + 1}\n")));

        var trained = Train("labels.csv", "[ linear: 6, softmax ]");

        trained.ShouldSay(
            "the first column has no name and counts the rows",
            "the labels of data.train begin at 1, so class 0 has no sample",
            "the model ends with 'softmax', but the loss takes logits",
            "a batch of 4 is smaller than the 8 shards");
        _run.Write("european.csv", "1,5;0\n2,3;1\n");
        _run.Train(SmallRun.Yaml("{ train: { kind: csv, path: european.csv } }", "[ linear: 4 ]"))
            .ShouldFail(2, "the label '5;0' is several numbers; is ';' the separator");
    }

    private CommandResult Train(string data, string model, params IEnumerable<string> more) =>
        _run.Train(SmallRun.Yaml($"{{ train: {{ kind: csv, path: {data} }} }}", model), more).ShouldSucceed();

    private (string Loss, string Weights) Evaluation(string data)
    {
        var json = JsonDocument.Parse(_run.Run("evaluate", "run", "--data", data, "--json").ShouldSucceed().Output).RootElement;
        return (json.GetProperty("evaluation").GetProperty("loss").GetRawText(), json.GetProperty("weightsSha256").GetString()!);
    }
}
