using Backprop.Coordinator.Cluster.Sessions;

namespace Backprop.Tests.Coordinator.Cluster.Sessions;

public sealed class PreparingPlacesTests
{
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    [Theory]
    [InlineData(1, 0, true)]
    [InlineData(1, 16, true)]
    [InlineData(1, 17, false)]
    [InlineData(64, 79, true)]
    [InlineData(64, 80, false)]
    public void SoManyAsMayTakePart_AndSixteenMore_MayMakeReadyAtOnce(int maximum, int preparing, bool free) =>
        PreparingPlaces.Judge(maximum, preparing, TimeSpan.Zero).ShouldBe(free ? PlaceVerdict.Free : PlaceVerdict.None);

    [Fact]
    public void WhoHasAskedForNothingForAMinute_GivesWay_ButOnlyWhereThereIsNoOtherPlace()
    {
        PreparingPlaces.Judge(1, 17, Minute).ShouldBe(PlaceVerdict.OfTheLongest);
        PreparingPlaces.Judge(1, 17, Minute - TimeSpan.FromTicks(1)).ShouldBe(PlaceVerdict.None);
        PreparingPlaces.Judge(1, 16, TimeSpan.FromHours(1)).ShouldBe(PlaceVerdict.Free);
    }
}
