using Backprop.Coordinator.Training;
using Backprop.Shared.Schedules;

namespace Backprop.Tests.Coordinator.Training;

public sealed class RateEndTests
{
    [Theory]
    [InlineData(null, 0, 100, null)]
    [InlineData(50, 0, 100, 51L)]
    [InlineData(50, 70, 100, 71L)]
    [InlineData(99, 0, 100, null)]
    [InlineData(98, 0, 100, 99L)]
    [InlineData(50, 99, 100, null)]
    public void It_is_the_first_of_the_steps_that_change_nothing(int? over, long done, long total, long? first) =>
        RateEnd.Of(new CosineSchedule { Over = over }, done, total).ShouldBe(first);

    [Fact]
    public void A_floor_keeps_it_above() => RateEnd.Of(new CosineSchedule { Over = 50, Floor = 0.1 }, 0, 100).ShouldBeNull();
}
