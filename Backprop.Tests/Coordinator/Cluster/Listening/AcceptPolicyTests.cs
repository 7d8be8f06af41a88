using Backprop.Coordinator.Cluster.Listening;

namespace Backprop.Tests.Coordinator.Cluster.Listening;

public sealed class AcceptPolicyTests
{
    private readonly AcceptPolicy _door = new();

    [Fact]
    public void WhereThereIsAPlace_TheDoorIsOpen()
    {
        _door.IsOpen(Seconds(0), 0, Seconds(0)).ShouldBeTrue();
        _door.IsOpen(Seconds(0), AcceptPolicy.PendingMaximum - 1, Seconds(0)).ShouldBeTrue();
    }

    [Fact]
    public void WhereAllPlacesAreTaken_NobodyIsClosedForOthersInHisFirstSecond()
    {
        _door.IsOpen(Seconds(9), AcceptPolicy.PendingMaximum, Seconds(1)).ShouldBeFalse();
        _door.IsOpen(Seconds(9), AcceptPolicy.PendingMaximum, Seconds(1.001)).ShouldBeTrue();
    }

    [Fact]
    public void AfterAFailure_ItIsClosedForATenthOfASecond_AndThatIsSaidOnce()
    {
        _door.Failed(Seconds(10)).ShouldBeTrue();
        _door.IsOpen(Seconds(10.099), 0, Seconds(0)).ShouldBeFalse();
        _door.IsOpen(Seconds(10.1), 0, Seconds(0)).ShouldBeTrue();

        for (var i = 1; i < 100; i++)
        {
            _door.Failed(Seconds(10 + (0.1 * i))).ShouldBeFalse();
        }

        _door.Failed(Seconds(24.8)).ShouldBeFalse();
        _door.Failed(Seconds(29.8)).ShouldBeTrue();
    }

    private static TimeSpan Seconds(double seconds) => TimeSpan.FromSeconds(seconds);
}
