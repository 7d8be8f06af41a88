using Backprop.Shared.Primitives;
using Backprop.Shared.Schedules;

namespace Backprop.Tests.Shared.Schedules;

public class ScheduleTests
{
    [Fact]
    public void TheKindsOfTheRunFileAreAllThere() =>
        Catalog<ScheduleSpec>.Kinds.ShouldBe(["constant", "cosine", "exponential", "linear", "step"]);

    [Fact]
    public void AConstantScheduleIsOne()
    {
        new ConstantSchedule().FactorAt(0, 10).ShouldBe(1);
        new ConstantSchedule().FactorAt(long.MaxValue, 10).ShouldBe(1);
    }

    [Fact]
    public void AStepScheduleFallsAtTheEndOfEachStair()
    {
        var schedule = new StepSchedule { EverySteps = 3, Factor = 0.5 };

        Factors(schedule, 0, 7, 100).ShouldBe([1, 1, 1, 0.5, 0.5, 0.5, 0.25]);
        new StepSchedule { EverySteps = 2 }.FactorAt(5, 0).ShouldBe(0.1 * 0.1);
    }

    [Fact]
    public void AnExponentialScheduleIsAPowerOfItsDecay()
    {
        var schedule = new ExponentialSchedule { Decay = 0.5 };

        Factors(schedule, 0, 4, 100).ShouldBe([1, 0.5, 0.25, 0.125]);
        new ExponentialSchedule { Decay = 0.99 }.FactorAt(100, 0).ShouldBe(0.36603234127322950, 1e-15);
        schedule.FactorAt(1_000_000_000_000, 0).ShouldBe(0);
    }

    [Fact]
    public void ACosineScheduleRisesThenFallsToItsFloor()
    {
        var schedule = new CosineSchedule { WarmupSteps = 4, Floor = 0.2 };

        Factors(schedule, 0, 4, 12).ShouldBe([0.25, 0.5, 0.75, 1]);
        schedule.FactorAt(4, 12).ShouldBe(1);
        schedule.FactorAt(6, 12).ShouldBe(0.2 + (0.8 * (1 + Math.Sqrt(0.5)) / 2), 1e-15);
        schedule.FactorAt(8, 12).ShouldBe(0.6, 1e-15);
        schedule.FactorAt(10, 12).ShouldBe(0.2 + (0.8 * (1 - Math.Sqrt(0.5)) / 2), 1e-15);
        schedule.FactorAt(12, 12).ShouldBe(0.2);
        schedule.FactorAt(1000, 12).ShouldBe(0.2);
    }

    [Fact]
    public void ALinearScheduleRisesThenFallsToZero()
    {
        var schedule = new LinearSchedule { WarmupSteps = 2 };

        Factors(schedule, 0, 8, 6).ShouldBe([0.5, 1, 1, 0.75, 0.5, 0.25, 0, 0]);
        Factors(new LinearSchedule(), 0, 3, 2).ShouldBe([1, 0.5, 0]);
    }

    [Fact]
    public void AWarmUpLongerThanTheRunGoesOnRising()
    {
        Factors(new CosineSchedule { WarmupSteps = 10 }, 0, 3, 3).ShouldBe([0.1, 0.2, 0.3]);
        Factors(new LinearSchedule { WarmupSteps = 10 }, 8, 4, 3).ShouldBe([0.9, 1, 0, 0]);
    }

    [Fact]
    public void OnlyCosineAndLinearDependOnTheLength()
    {
        foreach (var kind in Catalog<ScheduleSpec>.Kinds)
        {
            Create(kind).DependsOnLength.ShouldBe(kind is "cosine" or "linear", kind);
        }
    }

    [Fact]
    public void WithALengthOfItsOwnAScheduleDoesNotLookAtTheRuns()
    {
        ScheduleSpec[] fixedOnes =
        [
            new CosineSchedule { WarmupSteps = 4, Floor = 0.2, Over = 12 },
            new LinearSchedule { WarmupSteps = 2, Over = 12 },
        ];
        foreach (var schedule in fixedOnes)
        {
            schedule.DependsOnLength.ShouldBeFalse();
            Factors(schedule, 0, 20, 500).ShouldBe(Factors(schedule, 0, 20, 12));
            schedule.ForLength(500).ShouldBe(schedule);
        }

        var cosine = new CosineSchedule { WarmupSteps = 4, Floor = 0.2 };
        Factors(cosine.ForLength(12), 0, 20, 500).ShouldBe(Factors(cosine, 0, 20, 12));
        Should.Throw<ArgumentOutOfRangeException>(() => new LinearSchedule { Over = 0 }).Message.ShouldContain("over must be 1 or more");
    }

    public static TheoryData<string> Kinds => [.. Catalog<ScheduleSpec>.Kinds];

    [Theory]
    [MemberData(nameof(Kinds))]
    public void AFactorIsFiniteAndNeverNegativeFarBeyondTheEndToo(string kind)
    {
        var schedule = Create(kind);
        foreach (var total in new long[] { 0, 1, 2, 7, 1000, long.MaxValue })
        {
            foreach (var step in new long[] { 0, 1, 2, 6, 7, 8, 999, 1000, 123_456_789_012, long.MaxValue })
            {
                schedule.FactorAt(step, total).ShouldBeInRange(0, 1, $"{kind} at {step} of {total}");
            }
        }
    }

    [Fact]
    public void SettingsOutOfRangeAreRefusedWithTheirName()
    {
        Refused(() => new StepSchedule { EverySteps = 0 }, "everySteps must be 1 or more");
        Refused(() => new StepSchedule { EverySteps = 1, Factor = 0 }, "factor must be above 0");
        Refused(() => new ExponentialSchedule { Decay = 1.1 }, "decay must be above 0 and at most 1");
        Refused(() => new ExponentialSchedule { Decay = double.NaN }, "decay must be above 0 and at most 1");
        Refused(() => new CosineSchedule { WarmupSteps = -1 }, "warmupSteps must be 0 or more");
        Refused(() => new CosineSchedule { Floor = 1.5 }, "floor must be in [0, 1]");
        Refused(() => new LinearSchedule { WarmupSteps = -1 }, "warmupSteps must be 0 or more");
    }

    private static ScheduleSpec Create(string kind) => kind switch
    {
        "step" => new StepSchedule { EverySteps = 2 },
        "exponential" => new ExponentialSchedule { Decay = 0.9 },
        _ => (ScheduleSpec)Activator.CreateInstance(Catalog<ScheduleSpec>.Find(kind)!)!,
    };

    private static double[] Factors(ScheduleSpec schedule, long first, int count, long total)
    {
        var factors = new double[count];
        for (var i = 0; i < count; i++)
        {
            factors[i] = schedule.FactorAt(first + i, total);
        }

        return factors;
    }

    private static void Refused(Func<object> create, string message) =>
        Should.Throw<ArgumentOutOfRangeException>(() => create()).Message.ShouldContain(message);
}
