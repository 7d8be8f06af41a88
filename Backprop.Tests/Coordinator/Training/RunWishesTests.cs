using Backprop.Coordinator.Core;
using Backprop.Coordinator.Training;
using Backprop.Shared.Primitives;

namespace Backprop.Tests.Coordinator.Training;

public sealed class RunWishesTests : IDisposable
{
    private readonly RunWishes _wishes = new();
    private readonly Engine _engine = new();

    [Fact]
    public void What_is_asked_goes_to_the_engine_in_order()
    {
        _wishes.GoTo(_engine);

        _wishes.Pause();
        _wishes.RequestCheckpoint();
        _wishes.Resume();
        _wishes.RequestStop();

        _engine.Told.ShouldBe(["Pause", "RequestCheckpoint", "Resume", "RequestStop"]);
    }

    [Fact]
    public void What_was_asked_before_is_remembered()
    {
        _wishes.Pause();
        _wishes.RequestCheckpoint();
        _wishes.RequestStop();

        _wishes.GoTo(_engine);

        _engine.Told.ShouldBe(["RequestCheckpoint", "Pause", "RequestStop"]);
    }

    [Fact]
    public void A_pause_that_was_taken_back_is_not()
    {
        _wishes.Pause();
        _wishes.Resume();

        _wishes.GoTo(_engine);

        _engine.Told.ShouldBeEmpty();
    }

    [Fact]
    public void An_engine_that_has_run_is_told_nothing()
    {
        _wishes.GoTo(_engine);
        _wishes.GoTo(null);

        _wishes.Pause();
        _wishes.RequestStop();

        _engine.Told.ShouldBeEmpty();
    }

    public void Dispose() => _engine.Dispose();

    private sealed class Engine : IRunEngine
    {
        public List<string> Told { get; } = [];

        public RunOutcome Outcome => RunOutcome.None;

        public int Completed => 0;

        public UserException? Failure => null;

        public RunTraffic Traffic => default;

        public void Execute() => Told.Add(nameof(Execute));

        public void RequestStop() => Told.Add(nameof(RequestStop));

        public void Pause() => Told.Add(nameof(Pause));

        public void Resume() => Told.Add(nameof(Resume));

        public void RequestCheckpoint() => Told.Add(nameof(RequestCheckpoint));

        public void StopForStorage(UserException problem) => Told.Add(nameof(StopForStorage));

        public void Dispose() => Told.Add(nameof(Dispose));
    }
}
