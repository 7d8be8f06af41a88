using Backprop.Shared.Actors;

namespace Backprop.Tests.Shared.Actors;

/// <summary>Beside other programs a waiting thread sleeps and does not yield: each yield would cost it a time slice.</summary>
public sealed class YieldingWaitTests
{
    private readonly YieldClock _clock = new();
    private readonly YieldingWait _wait;

    public YieldingWaitTests() => _wait = new YieldingWait(30, _clock);

    [Fact]
    public void WhereYieldsAreCheap_EachWaitLooks()
    {
        for (var i = 0; i < 100; i++)
        {
            _wait.Begin().ShouldBeTrue();
            _wait.Yield().ShouldBeTrue();
            _wait.Found();
        }
    }

    [Fact]
    public void AfterADearYield_TheNextWaitsSleep_EachTimeTwiceAsMany()
    {
        _clock.Yield = TimeSpan.FromMilliseconds(3);

        var pauses = Enumerable.Range(0, 12).Select(_ => SleepsAfterAYield()).ToList();

        pauses.ShouldBe([2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 1024, 1024]);
    }

    /// <summary>The other program has ended: after one cheap yield each wait looks, and each that finds halves the next pause.</summary>
    [Fact]
    public void WhenYieldsAreCheapAgain_WaitsLookAgain()
    {
        _clock.Yield = TimeSpan.FromMilliseconds(3);
        for (var i = 0; i < 4; i++)
        {
            SleepsAfterAYield();
        }

        _clock.Yield = TimeSpan.FromMicroseconds(1);
        SleepsAfterAYield().ShouldBe(0);
        _wait.Found();
        _wait.Found();

        _clock.Yield = TimeSpan.FromMilliseconds(3);
        SleepsAfterAYield().ShouldBe(8);
    }

    private int SleepsAfterAYield()
    {
        _wait.Begin().ShouldBeTrue();
        _wait.Yield();
        var sleeps = 0;
        while (!_wait.Begin())
        {
            sleeps++;
        }

        return sleeps;
    }

    /// <summary>Each look at it is a yield later.</summary>
    private sealed class YieldClock : TimeProvider
    {
        private long _now;

        public TimeSpan Yield { get; set; } = TimeSpan.FromMicroseconds(1);

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => _now += Yield.Ticks;
    }
}
