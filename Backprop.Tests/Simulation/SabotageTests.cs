namespace Backprop.Tests.Simulation;

/// <summary>The simulator's checks can fail: defects put in on purpose are found, and the report says how to see them again.</summary>
public sealed class SabotageTests
{
    private const int SeedsTried = 500;

    [Theory]
    [InlineData(nameof(Sabotage.FoldInRow), "ended in")]
    [InlineData(nameof(Sabotage.AnswerTakenTwice), "ended in")]
    [InlineData(nameof(Sabotage.StepFenceOff), "ended in")]
    [InlineData(nameof(Sabotage.NotFiniteTaken), "diverged")]
    [InlineData(nameof(Sabotage.SessionCheckOff), "which it never sent")]
    [InlineData(nameof(Sabotage.AnswerPartsMixed), "ended in")]
    [InlineData(nameof(Sabotage.WeightsTorn), "ended in")]
    [InlineData(nameof(Sabotage.LedgerNotCut), "was committed after step")]
    [InlineData(nameof(Sabotage.SampleSkipped), "ended in")]
    [InlineData(nameof(Sabotage.StaleWeights), "ended in")]
    [InlineData(nameof(Sabotage.ReassignmentLost), "is not over")]
    [InlineData(nameof(Sabotage.LedgerTwice), "was committed after step")]
    [InlineData(nameof(Sabotage.CheckpointMixed), "checkpoint")]
    [InlineData(nameof(Sabotage.EvaluationStale), "of the evaluation after step")]
    public void ADefectIsFoundWithinAFewSeeds(string sabotage, string expected)
    {
        var report = FirstFailure(Enum.Parse<Sabotage>(sabotage));

        report.ShouldNotBeNull().ShouldContain(expected);
        report.ShouldContain($"{Simulation.SeedVariable}=");
        report.ShouldContain("The last inputs:");
    }

    [Fact]
    public void EverySabotageIsTried()
    {
        var tried = typeof(SabotageTests).GetMethod(nameof(ADefectIsFoundWithinAFewSeeds))!
            .GetCustomAttributes(typeof(InlineDataAttribute), false)
            .Cast<InlineDataAttribute>()
            .Select(d => (string)d.Data[0]!);

        tried.Append(nameof(Sabotage.None)).ShouldBe(Enum.GetNames<Sabotage>(), ignoreOrder: true);
    }

    private static string? FirstFailure(Sabotage sabotage)
    {
        for (var seed = 0ul; seed < SeedsTried; seed++)
        {
            try
            {
                Simulation.Run(seed, sabotage);
            }
            catch (SimulationFailure failure)
            {
                return failure.Message;
            }
        }

        return null;
    }
}
