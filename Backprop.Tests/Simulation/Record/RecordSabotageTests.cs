namespace Backprop.Tests.Simulation.Record;

/// <summary>The checks can fail: defects put in on purpose are found, and the report says how to see them again.</summary>
public sealed class RecordSabotageTests(ITestOutputHelper output)
{
    private const int SeedsTried = 5_000;

    public static TheoryData<string> Names => [.. Enum.GetNames<RecordSabotage>().Except([nameof(RecordSabotage.None)])];

    [Theory]
    [MemberData(nameof(Names))]
    public void ADefectIsFoundWithinAFewSeeds(string sabotage)
    {
        var (seed, report) = FirstFailure(Enum.Parse<RecordSabotage>(sabotage));

        output.WriteLine($"{sabotage}: seed {seed}: {report?.Split('\n')[0]}");
        report.ShouldNotBeNull().ShouldContain(RecordSimulation.ReplayCommand(seed));
    }

    private static (ulong Seed, string? Report) FirstFailure(RecordSabotage sabotage)
    {
        for (var seed = 0ul; seed < SeedsTried; seed++)
        {
            try
            {
                RecordSimulation.Run(seed, sabotage);
            }
            catch (SimulationFailure failure)
            {
                return (seed, failure.Message);
            }
        }

        return (SeedsTried, null);
    }
}
