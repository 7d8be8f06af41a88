using System.Text.Json;

namespace Backprop.Tests.EndToEnd;

/// <summary>What a run left in its folder, read as an outside script would.</summary>
internal sealed class RunRecord(string folder)
{
    public JsonElement Summary => JsonDocument.Parse(File.ReadAllBytes(Path.Combine(folder, "summary.json"))).RootElement;

    public int Steps => Summary.GetProperty("steps").GetInt32();

    public string WeightsSha256 => Summary.GetProperty("weightsSha256").GetString()!;

    /// <summary>How many whole lines the ledger has.</summary>
    public int LedgerLines => File.ReadAllText(Path.Combine(folder, "ledger.jsonl")).Count(c => c == '\n');

    /// <summary>The ledger has every step once, in order, each of them every shard once, and all samples of the summary.</summary>
    public void ShouldHaveEveryStepAndEveryShardOnce(int shards)
    {
        var lines = File.ReadAllLines(Path.Combine(folder, "ledger.jsonl")).Select(line => JsonDocument.Parse(line).RootElement).ToList();
        lines.Select(line => line.GetProperty("step").GetInt32()).SequenceEqual(Enumerable.Range(1, Steps)).ShouldBeTrue();
        lines.Sum(line => line.GetProperty("samples").GetInt64()).ShouldBe(Summary.GetProperty("samples").GetInt64());
        foreach (var line in lines)
        {
            var answered = line.GetProperty("spans").EnumerateArray().SelectMany(span => Shards(span[1].GetInt32(), span[2].GetInt32()));
            answered.Order().SequenceEqual(Enumerable.Range(0, shards)).ShouldBeTrue(line.GetRawText());
        }
    }

    private static IEnumerable<int> Shards(int first, int last) => Enumerable.Range(first, last - first + 1);
}
