namespace Backprop.Tests.Simulation.Record;

/// <summary>Runs worlds of the record, and turns a failure into a report that repeats it.</summary>
internal static class RecordSimulation
{
    private const string Filter = "FullyQualifiedName~RecordSimulationTests.EverySeed";

    /// <summary>The command that runs one seed again.</summary>
    public static string ReplayCommand(ulong seed) =>
        $"{Simulation.SeedVariable}={seed} dotnet test Backprop.Tests -c Release --filter {Filter}";

    /// <summary>Runs the world of a seed to its end.</summary>
    public static RecordWorld Run(ulong seed, RecordSabotage sabotage = RecordSabotage.None)
    {
        var options = RecordOptions.Draw(seed);
        var world = new RecordWorld(options, sabotage);
        try
        {
            world.Begin();
            world.Run();
            return world;
        }
        catch (Exception e)
        {
            throw new SimulationFailure(Report(options, world, e));
        }
    }

    private static string Report(RecordOptions options, RecordWorld world, Exception failure) => $"""
        Seed {options.Seed}: {(failure is SimulationFailure ? failure.Message : failure.ToString())}
        at {world.Now} us
        Run it again: {ReplayCommand(options.Seed)}
        {options}
        What happened last:
        {world.Journal}
        """;
}
