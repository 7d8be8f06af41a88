using Backprop.Coordinator.Core;

namespace Backprop.Tests.Coordinator.Core;

/// <summary>How many shards each worker gets at the beginning of a step.</summary>
public sealed class ShardQuotasTests
{
    [Theory]
    [InlineData("1 1", 8, "4 4")]
    [InlineData("1 1 1", 8, "2 3 3")]
    [InlineData("1 1 1 1 1", 8, "2 2 2 1 1")]
    [InlineData("1 1 1 1 1 1 1 1 1", 8, "1 1 1 1 1 1 1 1 0")]
    [InlineData("5 1", 8, "7 1")]
    [InlineData("5 1", 16, "14 2")]
    [InlineData("5 1", 32, "28 4")]
    [InlineData("10 1", 8, "8 0")]
    [InlineData("1 10", 16, "1 15")]
    [InlineData("1 1", 1, "1 0")]
    [InlineData("0 0", 8, "4 4")]
    [InlineData("2 0", 8, "4 4")]
    public void Divide_LetsTheLastBeDoneAsEarlyAsWholeShardsAllow(string speeds, int units, string expected)
    {
        string.Join(' ', Divide(units, [.. speeds.Split(' ').Select(double.Parse)])).ShouldBe(expected);
    }

    [Theory]
    [InlineData(1.01, 1024)]
    [InlineData(1.06, 32)]
    [InlineData(0.95, 8)]
    public void Divide_OfNearlyEqualSpeeds_KeepsToTheTree(double speed, int units)
    {
        // Noise of a hundredth would otherwise cut 1,024 shards at 517: three spans instead of one for each of two workers.
        Divide(units, speed, 1).ShouldBe([units / 2, units / 2]);
    }

    [Fact]
    public void Divide_GivesEverything_AndNobodyIsDoneMuchLaterThanTheBestPlanAllows()
    {
        for (var units = 1; units <= 64; units++)
        {
            for (var workers = 1; workers <= 9; workers++)
            {
                var speeds = Enumerable.Range(1, workers).Select(w => 1.0 + (w * w % 7)).ToArray();
                var counts = Divide(units, speeds);

                counts.Sum().ShouldBe(units);
                counts.ShouldAllBe(c => c >= 0);
                var last = counts.Select((c, w) => c / speeds[w]).Max();
                last.ShouldBeLessThanOrEqualTo((Best(units, speeds) * 9 / 8) + 1e-9);
            }
        }
    }

    /// <summary>The earliest end, found one shard after the other.</summary>
    private static double Best(int units, double[] speeds)
    {
        var counts = new int[speeds.Length];
        for (var unit = 0; unit < units; unit++)
        {
            counts[Enumerable.Range(0, speeds.Length).MinBy(w => (counts[w] + 1) / speeds[w])]++;
        }

        return counts.Select((c, w) => c / speeds[w]).Max();
    }

    private static int[] Divide(int units, params double[] speeds)
    {
        var members = new MemberTable(speeds.Length);
        for (var worker = 0; worker < speeds.Length; worker++)
        {
            members.Insert(new Member { Id = new(worker), Speed = speeds[worker] });
        }

        var counts = new int[speeds.Length];
        ShardQuotas.Divide(members, units, counts, new int[counts.Length]);
        return counts;
    }
}
