using Backprop.Shared.Protocol;

namespace Backprop.Tests.Shared.Protocol;

public sealed class PatienceTests
{
    private static readonly Liveness Liveness = new(TimeSpan.FromSeconds(0.5), TimeSpan.FromSeconds(3));

    [Fact]
    public void PausesDoubleUpToFiveSecondsAndAreNeverLessThanHalf()
    {
        var backOff = new BackOff(1);
        var most = 50.0;
        for (var i = 0; i < 20; i++)
        {
            backOff.Next().TotalMilliseconds.ShouldBeInRange(most / 2, most);
            most = Math.Min(5000, most * 2);
        }

        backOff.Reset();
        backOff.Next().TotalMilliseconds.ShouldBeInRange(25, 50);
    }

    [Fact]
    public void WorkersDoNotComeBackTogetherButEachAsItsSeedSays()
    {
        Pauses(1).ShouldBe(Pauses(1));
        Pauses(1).ShouldNotBe(Pauses(2));

        static TimeSpan[] Pauses(ulong seed)
        {
            var backOff = new BackOff(seed);
            return [.. Enumerable.Range(0, 10).Select(_ => backOff.Next())];
        }
    }

    [Fact]
    public void SilenceIsWhatLastsTooLong()
    {
        Liveness.IsSilent(Seconds(2.9), Seconds(0.1)).ShouldBeFalse();
        Liveness.IsSilent(Seconds(3), Seconds(0.1)).ShouldBeTrue();
    }

    [Fact]
    public void WhoWasStoppedHimselfLooksTwice() => Liveness.IsSilent(Seconds(10), Seconds(10)).ShouldBeFalse();

    [Fact]
    public void ARestEndsWithTheFirstThingThatIsDue()
    {
        Liveness.IsHeartbeatDue(Seconds(0.4)).ShouldBeFalse();
        Liveness.IsHeartbeatDue(Seconds(0.5)).ShouldBeTrue();
        Liveness.Rest(Seconds(0.2), Seconds(0)).ShouldBe(Seconds(0.3));
        Liveness.Rest(Seconds(0), Seconds(2.9)).ShouldBe(Seconds(0.1));
        Liveness.Rest(Seconds(9), Seconds(9)).ShouldBe(TimeSpan.Zero);
    }

    private static TimeSpan Seconds(double seconds) => TimeSpan.FromSeconds(seconds);
}
