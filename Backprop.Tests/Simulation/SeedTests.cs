using System.Reflection;

namespace Backprop.Tests.Simulation;

/// <summary>A failing seed can be run again by itself.</summary>
public sealed class SeedTests
{
    [Fact]
    public void TheVariableNamesTheOneSeedToRun()
    {
        Simulation.Seeds("123", 2000).ShouldBe([123ul]);
        Simulation.Seeds(ulong.MaxValue.ToString(), 2000).ShouldBe([ulong.MaxValue]);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    public void WithoutTheVariableTheSeedsAreTheUsualOnes(string? named)
    {
        Simulation.Seeds(named, 3).ShouldBe([0ul, 1, 2]);
    }

    [Theory]
    [InlineData("-1")]
    [InlineData("many")]
    [InlineData("1.5")]
    public void AVariableThatIsNoSeedIsRefusedWithItsValue(string named)
    {
        Should.Throw<ArgumentException>(() => Simulation.Seeds(named, 3)).Message.ShouldContain($"'{named}'");
    }

    [Fact]
    public void TheReplayCommandFiltersForATestThatExists()
    {
        var command = Simulation.ReplayCommand(123);

        command.ShouldBe("BACKPROP_SEED=123 dotnet test Backprop.Tests -c Release --filter FullyQualifiedName~SimulationTests.EverySeed");
        typeof(SimulationTests).GetMethods(BindingFlags.Public | BindingFlags.Instance)
            .Count(m => m.Name.StartsWith("EverySeed", StringComparison.Ordinal))
            .ShouldBe(1);
    }
}
