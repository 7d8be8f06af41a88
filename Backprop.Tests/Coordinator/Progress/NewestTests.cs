using Backprop.Coordinator.Progress;
using Backprop.Tests.TestUtilities;

namespace Backprop.Tests.Coordinator.Progress;

public sealed class NewestTests : IDisposable
{
    private readonly ManualClock _clock = new();
    private readonly List<int> _shown = [];
    private readonly Newest<int> _newest;

    public NewestTests() => _newest = new Newest<int>(_clock, _shown.Add);

    [Fact]
    public void TheFirstIsShownAtOnce_AndThenTheNewestWhenTheSecondIsOver()
    {
        _newest.Offer(1);
        _newest.Offer(2);
        _clock.Advance(0.9);
        _newest.Offer(3);
        _shown.ShouldBe([1]);

        _clock.Advance(0.1);
        _shown.ShouldBe([1, 3]);
    }

    [Fact]
    public void WhatIsShownByTheClock_BeginsASecondOfItsOwn()
    {
        _newest.Offer(1);
        _newest.Offer(2);
        _clock.Advance(1);
        _newest.Offer(3);
        _shown.ShouldBe([1, 2]);

        _clock.Advance(1);
        _shown.ShouldBe([1, 2, 3]);
        _clock.Advance(10);
        _shown.Count.ShouldBe(3);
    }

    [Fact]
    public void WhoComesSlowly_IsShownEachTime()
    {
        for (var i = 0; i < 5; i++)
        {
            _newest.Offer(i);
            _clock.Advance(1);
        }

        _shown.ShouldBe([0, 1, 2, 3, 4]);
    }

    [Fact]
    public void TheLastIsAlwaysShown_Once()
    {
        _newest.Offer(1);
        _newest.Offer(2);
        _newest.ShowHeld();
        _newest.ShowHeld();
        _newest.Offer(3);
        _newest.Dispose();
        _clock.Advance(5);

        _shown.ShouldBe([1, 2, 3]);
    }

    [Fact]
    public void WhatIsKept_IsShownBesideTheNewest_InTheOrderInWhichTheyCame()
    {
        _newest.Offer(1);
        _newest.Offer(2, keep: true);
        _newest.Offer(3, keep: true);
        _newest.Offer(4);
        _clock.Advance(1);
        _shown.ShouldBe([1, 3, 4]);

        _newest.Offer(5);
        _newest.Offer(6, keep: true);
        _newest.Dispose();
        _shown.ShouldBe([1, 3, 4, 6], "what is kept is the newest itself, and makes the one before old news");
    }

    public void Dispose() => _newest.Dispose();
}
