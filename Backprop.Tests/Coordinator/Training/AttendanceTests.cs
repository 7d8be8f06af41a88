using Backprop.Coordinator.Training;

namespace Backprop.Tests.Coordinator.Training;

public sealed class AttendanceTests
{
    private readonly Attendance _attendance = new();

    [Fact]
    public void The_wait_for_the_first_workers_is_not_a_wait_again()
    {
        _attendance.Is(0, needed: 2).ShouldBeTrue();
        _attendance.Is(1, needed: 2).ShouldBeTrue();

        (_attendance.Present, _attendance.Needed, _attendance.IsWaiting, _attendance.IsAgain).ShouldBe((1, 2, true, false));
    }

    [Fact]
    public void A_wait_that_follows_work_is()
    {
        _attendance.Is(0, needed: 1);
        _attendance.Is(1, needed: 0);
        (_attendance.IsWaiting, _attendance.IsAgain).ShouldBe((false, false));

        _attendance.Is(0, needed: 1);
        _attendance.IsAgain.ShouldBeTrue();
        _attendance.Is(1, needed: 0);

        (_attendance.IsWaiting, _attendance.IsAgain).ShouldBe((false, true), "it is enough again");
    }

    [Fact]
    public void A_pause_is_news_and_no_wait()
    {
        _attendance.Is(2, needed: 0);

        _attendance.Is(2, needed: 0, isPaused: true).ShouldBeTrue();
        _attendance.Is(2, needed: 0, isPaused: true).ShouldBeFalse();

        (_attendance.IsPaused, _attendance.IsWaiting, _attendance.StandsStill).ShouldBe((true, false, true));
    }

    [Fact]
    public void The_same_again_is_no_news()
    {
        _attendance.Is(3, needed: 0).ShouldBeTrue();

        _attendance.Is(3, needed: 0).ShouldBeFalse();
    }
}
