using Backprop.Coordinator.Core;
using Backprop.Worker.Core;

namespace Backprop.Tests.Simulation;

/// <summary>
/// A shell that leaves out any one of a core's effects is found: what the simulator performs is what must be performed. The real shells
/// implement the same interfaces, and the same code calls them.
/// </summary>
public sealed class EffectTests
{
    private const int SeedsTried = 500;

    /// <summary>Without it workers compute what nobody needs any more; their answers are dropped, and the result is the same.</summary>
    private const EffectKind CostsTimeAlone = EffectKind.Cancel;

    /// <summary>
    /// Without them workers finish, and send, what nobody needs any more: it is dropped where it comes, and the result is the same.
    /// </summary>
    private static readonly WorkerEffectKind[] CostTimeAlone =
        [WorkerEffectKind.Abandon, WorkerEffectKind.Withdraw, WorkerEffectKind.WithdrawUpTo];

    public static TheoryData<string> Kinds => [.. Enum.GetNames<EffectKind>().Where(name => name != $"{CostsTimeAlone}")];

    public static TheoryData<string> WorkerKinds =>
        [.. Enum.GetValues<WorkerEffectKind>().Except(CostTimeAlone).Select(kind => $"{kind}")];

    [Theory]
    [MemberData(nameof(Kinds))]
    public void AnEffectThatTheCoordinatorLeavesOut_IsFoundWithinAFewSeeds(string kind) =>
        FirstFailure(new LeftOut(Coordinators: Enum.Parse<EffectKind>(kind)), options => options).ShouldNotBeNull();

    [Theory]
    [MemberData(nameof(WorkerKinds))]
    public void AnEffectThatWorkersLeaveOut_IsFoundWithinAFewSeeds(string kind)
    {
        var failure = FirstFailure(new LeftOut(Workers: Enum.Parse<WorkerEffectKind>(kind)), Failing).ShouldNotBeNull();

        TestContext.Current.TestOutputHelper!.WriteLine(failure.Split('\n')[0]);
    }

    [Fact]
    public void WhereNothingIsLeftOutNothingIsFound() => FirstFailure(default, Failing).ShouldBeNull();

    /// <summary>
    /// Few workers, that come and go, whose layers throw: what one computes is assigned to it again where it is the only one left.
    /// </summary>
    private static SwarmOptions Failing(SwarmOptions options) => options with
    {
        Rules = options.Rules with { WorkersMinimum = 1, Shards = 16 },
        Workers = 2,
        LayerFailureProbability = 0.3,
        DrainProbability = 0.3,
        PartLossProbability = 0,
        Datagrams = false,
    };

    private static string? FirstFailure(LeftOut leftOut, Func<SwarmOptions, SwarmOptions> change)
    {
        for (var seed = 0ul; seed < SeedsTried; seed++)
        {
            try
            {
                Simulation.Play(change(SwarmOptions.Draw(seed)), leftOut: leftOut);
            }
            catch (SimulationFailure failure)
            {
                return failure.Message;
            }
        }

        return null;
    }
}
