using Backprop.Coordinator.Core;

namespace Backprop.Tests.Simulation;

/// <summary>
/// A shell that leaves out any one of the core's effects is found: what the simulator performs is what must be performed. The real shells
/// implement the same interface, and the same code calls it.
/// </summary>
public sealed class EffectTests
{
    private const int SeedsTried = 500;

    /// <summary>Without it workers compute what nobody needs any more; their answers are dropped, and the result is the same.</summary>
    private const EffectKind CostsTimeAlone = EffectKind.Cancel;

    public static TheoryData<string> Kinds => [.. Enum.GetNames<EffectKind>().Where(name => name != $"{CostsTimeAlone}")];

    [Theory]
    [MemberData(nameof(Kinds))]
    public void AnEffectThatIsLeftOut_IsFoundWithinAFewSeeds(string kind)
    {
        var found = false;
        for (var seed = 0ul; seed < SeedsTried && !found; seed++)
        {
            found = Fails(seed, Enum.Parse<EffectKind>(kind));
        }

        found.ShouldBeTrue();
    }

    private static bool Fails(ulong seed, EffectKind leftOut)
    {
        try
        {
            Simulation.Play(SwarmOptions.Draw(seed), leftOut: leftOut);
            return false;
        }
        catch (SimulationFailure)
        {
            return true;
        }
    }
}
