using Backprop.Coordinator.Cluster.Listening;

namespace Backprop.Tests.Coordinator.Cluster.Listening;

public sealed class AcceptPolicyTests
{
    private readonly AcceptPolicy _door = new(7);

    [Fact]
    public void WithoutAShortage_TheDoorIsOpen_AndNothingIsNews()
    {
        _door.IsOpen(Seconds(0)).ShouldBeTrue();
        _door.Enough(Seconds(100)).ShouldBeFalse();
        _door.IsShort.ShouldBeFalse();
    }

    [Fact]
    public void AfterAShortage_ItIsClosedForAPauseThatGrowsToASecond()
    {
        var now = TimeSpan.Zero;
        var most = 50.0;
        for (var i = 0; i < 20; i++)
        {
            _door.Shortage(now).ShouldBe(i == 0);
            _door.IsOpen(now + TimeSpan.FromMilliseconds(most / 2) - TimeSpan.FromTicks(1)).ShouldBeFalse();
            now += TimeSpan.FromMilliseconds(most);
            _door.IsOpen(now).ShouldBeTrue();
            most = Math.Min(1000, most * 2);
        }
    }

    [Fact]
    public void AShortageIsOver_WhenThereWasNoneForFiveSeconds_AndTheNextOneIsNewsAgain()
    {
        _door.Shortage(Seconds(10)).ShouldBeTrue();
        _door.Enough(Seconds(14.9)).ShouldBeFalse();
        _door.Shortage(Seconds(14.9)).ShouldBeFalse();
        _door.Enough(Seconds(19.8)).ShouldBeFalse();
        _door.IsShort.ShouldBeTrue();

        _door.Enough(Seconds(19.9)).ShouldBeTrue();

        _door.IsShort.ShouldBeFalse();
        _door.Enough(Seconds(30)).ShouldBeFalse();
        _door.Shortage(Seconds(40)).ShouldBeTrue();
        _door.IsOpen(Seconds(40.05)).ShouldBeTrue();
    }

    private static TimeSpan Seconds(double seconds) => TimeSpan.FromSeconds(seconds);
}
