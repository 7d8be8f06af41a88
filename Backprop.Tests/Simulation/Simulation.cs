using System.Globalization;

namespace Backprop.Tests.Simulation;

/// <summary>Runs seeds, and turns a failure into a report that repeats it.</summary>
internal static class Simulation
{
    /// <summary>The environment variable that names the one seed to run.</summary>
    public const string SeedVariable = "BACKPROP_SEED";

    private const string Filter = "FullyQualifiedName~SimulationTests.EverySeed";

    /// <summary>The command that runs one seed again.</summary>
    public static string ReplayCommand(ulong seed) =>
        string.Create(CultureInfo.InvariantCulture, $"{SeedVariable}={seed} dotnet test Backprop.Tests -c Release --filter {Filter}");

    /// <summary>The seeds to run: the one that the environment names, or so many from 0.</summary>
    public static IEnumerable<ulong> Seeds(string? named, int count)
    {
        if (string.IsNullOrEmpty(named))
        {
            return Enumerable.Range(0, count).Select(i => (ulong)i);
        }

        return ulong.TryParse(named, NumberStyles.None, CultureInfo.InvariantCulture, out var seed)
            ? [seed]
            : throw new ArgumentException($"{SeedVariable} is '{named}', which is no seed: give a whole number.", nameof(named));
    }

    /// <summary>Runs what a seed describes.</summary>
    public static SimulationResult Run(ulong seed, Sabotage sabotage = Sabotage.None) => Run(SwarmOptions.Draw(seed), sabotage);

    /// <summary>Runs one simulation to its end.</summary>
    /// <param name="options">What the world is like.</param>
    /// <param name="sabotage">A defect put in on purpose.</param>
    /// <param name="reasons">Receives how often the coordinator gave each reason, added to what is there; may be empty.</param>
    public static SimulationResult Run(SwarmOptions options, Sabotage sabotage = Sabotage.None, Span<long> reasons = default)
    {
        var world = Play(options, sabotage: sabotage);
        for (var reason = 0; reason < reasons.Length; reason++)
        {
            reasons[reason] += world.Journal.Reasons[reason];
        }

        return world.Result;
    }

    /// <summary>Runs one simulation, with what a story says, to its end.</summary>
    /// <returns>The world as it is then.</returns>
    public static SimulatedWorld Play(
        SwarmOptions options, Story? story = null, Sabotage sabotage = Sabotage.None, LeftOut leftOut = default)
    {
        var world = new SimulatedWorld(options, sabotage, story, leftOut);
        try
        {
            world.Run();
            return world;
        }
        catch (Exception e)
        {
            throw new SimulationFailure(Report(options, world, e));
        }
    }

    private static string Report(SwarmOptions options, SimulatedWorld world, Exception failure) => $"""
        Seed {options.Seed}: {(failure is SimulationFailure ? failure.Message : failure.ToString())}
        at {world.Now} us, step {world.Coordinator.State.Step}, phase {world.Coordinator.State.Phase}
        Run it again: {ReplayCommand(options.Seed)}
        {options}
        Workers: {world.Verdict.DescribeWorkers()}
        What happened:
        {world.Journal}
        """;
}
