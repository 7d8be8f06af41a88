using Backprop.Coordinator.Core;
using Backprop.Coordinator.Diagnostics;
using Backprop.Coordinator.Storage;
using Backprop.Coordinator.Training;
using Backprop.Shared.Checkpoints;
using Backprop.Tests.TestUtilities;

namespace Backprop.Tests.Coordinator.Diagnostics;

public sealed class StatusBoardTests
{
    private static readonly Rules Rules = new() { Steps = 690, Samples = 1438, Batch = 64, Shards = 8, WorkersMinimum = 2 };
    private readonly ManualClock _clock = new();
    private readonly RunProgress _progress;
    private readonly StatusBoard _board = new(Rules, 0);
    private readonly StatusReader _reader;
    private LinkFigures _link = new(100, 50, 0);

    public StatusBoardTests()
    {
        _progress = new RunProgress(Rules, _clock);
        _reader = ReaderOf(_board);
    }

    [Fact]
    public void Before_the_first_step_there_is_neither_loss_nor_speed()
    {
        var status = _reader.Read();

        (status.Run, status.Identity, status.Phase).ShouldBe(("digits", "ab12", "starting"));
        (status.Step, status.Steps, status.Epoch, status.Epochs).ShouldBe((0, 690, 0, 30));
        status.Loss.ShouldBe(double.NaN);
        (status.SamplesPerSecond, status.MedianStepMilliseconds).ShouldBe((0, 0));
        (status.WorkersMinimum, status.WorkersMaximum, status.WorkersPresent).ShouldBe((2, 64, 0));
        status.Workers.ShouldBeEmpty();
        status.Version.ShouldNotBeEmpty();
    }

    [Fact]
    public void A_resumed_run_has_its_steps_behind_it_but_has_committed_none_here()
    {
        var status = ReaderOf(new StatusBoard(Rules, 200)).Read();

        (status.Step, status.Epoch, status.CheckpointStep, status.StepsCommitted).ShouldBe((200, 9, 200L, 0L));
    }

    [Fact]
    public void Steps_give_counts_losses_and_the_speed_by_the_clock()
    {
        for (var step = 1; step <= 257; step++)
        {
            _clock.Advance(0.5);
            Commit(Step(step, milliseconds: step == 1 ? 10_000 : step % 2 == 0 ? 1 : 3));
        }

        var status = _reader.Read();

        (status.Step, status.Epoch, status.StepLoss, status.Rate).ShouldBe((257, 12, 1.0 / 257, 0.003));
        status.Loss.ShouldBe(_progress.Loss);
        (status.StepsCommitted, status.SamplesCommitted).ShouldBe((257L, 257L * 64));
        (status.MedianStepMilliseconds, status.P95StepMilliseconds).ShouldBe((3, 3));
        status.SecondsTraining.ShouldBe(10.512, 1e-9);
        status.SamplesPerSecond.ShouldBe(128);
        status.SecondsLeft.ShouldBe(Math.Round(Rules.SamplesAfter(257) / 128.0, 1));
    }

    [Fact]
    public void Evaluations_are_the_newest_and_the_best_and_checkpoints_the_newest()
    {
        Evaluate(new Evaluation(23, 1, new Dictionary<string, double> { ["loss"] = 0.4, ["accuracy"] = 0.9 }), best: true);
        Evaluate(new Evaluation(46, 2, new Dictionary<string, double> { ["loss"] = 0.5, ["accuracy"] = 0.8 }), best: false);
        _board.Durable(200, "there");
        _board.NotDurable(400, "The disk is full.");

        var status = _reader.Read();

        (status.Evaluation["accuracy"], status.Best["accuracy"], status.BestStep).ShouldBe((0.8, 0.9, 23L));
        status.CheckpointStep.ShouldBe(200);
    }

    [Theory]
    [InlineData((int)Phase.Gathering)]
    [InlineData((int)Phase.Computing)]
    [InlineData((int)Phase.Evaluating)]
    public void A_run_that_waits_for_workers_says_so_whatever_it_had_begun(int phase)
    {
        for (var step = 1; step <= 40; step++)
        {
            _clock.Advance(0.5);
            _board.Enter(Phase.Computing, isWaiting: false);
            Commit(Step(step));
        }

        _board.Enter((Phase)phase, isWaiting: true);
        _progress.Attended(1, needed: 2);
        var waiting = _reader.Read();
        (waiting.Phase, waiting.SamplesPerSecond, waiting.SecondsLeft).ShouldBe(("waiting", 0, double.NaN));
        waiting.WorkersPresent.ShouldBe(1);

        _clock.Advance(3600);
        _board.Enter(Phase.Computing, isWaiting: false);
        _progress.Attended(2, needed: 0);
        for (var step = 41; step <= 60; step++)
        {
            _clock.Advance(0.25);
            Commit(Step(step));
        }

        var again = _reader.Read();
        (again.Phase, again.SamplesPerSecond).ShouldBe(("computing", 256));
    }

    [Fact]
    public void After_the_end_there_is_neither_speed_nor_time_left()
    {
        _clock.Advance(0.5);
        Commit(Step(1));
        _clock.Advance(0.5);
        Commit(Step(2));
        _reader.Read().SamplesPerSecond.ShouldBeGreaterThan(0);

        _board.Ended(RunStatus.Stopped);

        (_reader.Read().SamplesPerSecond, _reader.Read().SecondsLeft).ShouldBe((0, 0));
    }

    [Theory]
    [InlineData((int)Phase.Gathering, "waiting")]
    [InlineData((int)Phase.Computing, "computing")]
    [InlineData((int)Phase.Committing, "committing")]
    [InlineData((int)Phase.Evaluating, "evaluating")]
    [InlineData((int)Phase.Folding, "evaluating")]
    [InlineData((int)Phase.Holding, "holding")]
    [InlineData((int)Phase.Paused, "paused")]
    [InlineData((int)Phase.Finished, "ending")]
    public void A_phase_has_a_word(int phase, string word)
    {
        _board.Enter((Phase)phase, isWaiting: false);

        _reader.Read().Phase.ShouldBe(word);
    }

    [Theory]
    [InlineData((int)RunStatus.Completed, "completed")]
    [InlineData((int)RunStatus.Stopped, "stopped")]
    [InlineData((int)RunStatus.Diverged, "diverged")]
    [InlineData((int)RunStatus.Failed, "failed")]
    public void The_end_has_the_summarys_word(int status, string word)
    {
        _board.Enter(Phase.Finished, isWaiting: false);
        _board.Ended((RunStatus)status);
        _board.Enter(Phase.Finished, isWaiting: false);

        _reader.Read().Phase.ShouldBe(word);
    }

    [Fact]
    public void A_worker_prepares_joins_computes_and_is_lost()
    {
        _board.Workers.Connected(new WorkerInfo(3, "host-1", "127.0.0.1:4000", 2), () => _link);
        Worker().State.ShouldBe("preparing");
        _reader.Read().WorkersPresent.ShouldBe(0);

        _board.Workers.Does(3, WorkerState.Computing);
        Worker().State.ShouldBe("preparing", "it has not joined");
        _board.Workers.Joined(3, 500.04);
        _board.Workers.Does(3, WorkerState.Computing);
        _board.Workers.Answered(3, 5);
        _board.Workers.Answered(3, 3);
        _link = new LinkFigures(1000, 900, TimeSpan.TicksPerSecond);
        _clock.Advance(1.25);

        Worker().ShouldBe(new WorkerStatus
        {
            Id = 3,
            Name = "host-1",
            Address = "127.0.0.1:4000",
            State = "computing",
            Slots = 2,
            SamplesPerSecond = 500,
            Shards = 8,
            BytesSent = 1000,
            BytesReceived = 900,
            LastHeardSeconds = 0.25,
        });
        _board.Workers.Speed(3, 750);
        Worker().SamplesPerSecond.ShouldBe(750);

        _board.Workers.Gone(3, lost: true);
        _board.Workers.Gone(3, lost: true);
        var status = _reader.Read();
        status.Workers.ShouldBeEmpty();
        (status.WorkersJoined, status.WorkersLost, status.BytesSent, status.BytesReceived).ShouldBe((1L, 1L, 1000L, 900L));
    }

    [Fact]
    public void Who_leaves_by_its_own_wish_or_never_joined_is_not_lost()
    {
        _board.Workers.Connected(new WorkerInfo(1, "a", "here", 1), () => _link);
        _board.Workers.Connected(new WorkerInfo(2, "b", "here", 1), () => _link);
        _board.Workers.Joined(1, 1);
        _board.Workers.Joined(1, 1);
        _board.Workers.Gone(1, lost: false);
        _board.Workers.Gone(2, lost: true);
        _board.Workers.Joined(2, 1);
        _board.Workers.Answered(2, 1);

        var status = _reader.Read();

        (status.WorkersJoined, status.WorkersLost, status.BytesSent).ShouldBe((1L, 0L, 200L));
    }

    [Fact]
    public void Bytes_never_fall_when_a_link_is_read_while_it_closes()
    {
        var calls = 0;
        _board.Workers.Connected(new WorkerInfo(1, "a", "here", 1), () => new LinkFigures(calls++ == 0 ? 1000 : 900, 10, 0));
        _reader.Read().BytesSent.ShouldBe(1000);

        _board.Workers.Gone(1, lost: true);

        _reader.Read().BytesSent.ShouldBe(1000);
    }

    [Fact]
    public void Workers_come_in_the_order_of_their_ids_however_many_there_are()
    {
        foreach (var id in Enumerable.Range(1, 300).OrderBy(id => id * 7 % 301))
        {
            _board.Workers.Connected(new WorkerInfo(id, "a", "here", 1), () => _link);
        }

        _board.Workers.Dropped();
        _board.Workers.ComputedAgain(4);

        var status = _reader.Read();

        status.Workers.Select(worker => worker.Id).ShouldBe(Enumerable.Range(1, 300));
        (status.AnswersDropped, status.ShardsComputedAgain).ShouldBe((1L, 4L));
    }

    [Fact]
    public async Task Readers_beside_writers_see_whole_lists()
    {
        using var over = new CancellationTokenSource();
        var reader = Task.Run(
            () =>
            {
                var most = 0;
                while (!over.IsCancellationRequested)
                {
                    var status = _reader.Read();
                    status.Workers.Select(worker => worker.Id).ShouldBeUnique();
                    most = Math.Max(most, status.Workers.Count);
                }

                return most;
            },
            TestContext.Current.CancellationToken);

        for (var id = 1; id <= 20_000; id++)
        {
            _board.Workers.Connected(new WorkerInfo(id, "a", "here", 1), () => _link);
            WriteAStep(id);
            _board.Workers.Gone(id - 10, lost: true);
        }

        await over.CancelAsync();
        (await reader).ShouldBeLessThanOrEqualTo(11);
        _reader.Read().StepsCommitted.ShouldBe(20_000);
    }

    [Fact]
    public void Writing_about_a_step_allocates_nothing()
    {
        _board.Workers.Connected(new WorkerInfo(1, "a", "here", 1), () => _link);
        _board.Workers.Joined(1, 1);
        WriteAStep(1);

        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var step = 2; step < 100; step++)
        {
            WriteAStep(step);
        }

        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBe(0);
    }

    private void WriteAStep(int step)
    {
        _board.Enter(Phase.Computing, isWaiting: false);
        _board.Workers.Does(1, WorkerState.Computing);
        _board.Workers.Speed(1, step);
        _board.Workers.Answered(1, 8);
        _board.Workers.Dropped();
        _board.Workers.ComputedAgain(1);
        _board.Enter(Phase.Committing, isWaiting: false);
        Commit(Step(step));
    }

    /// <summary>As the run's recorder does it.</summary>
    private void Commit(in StepReport step)
    {
        _progress.Committed(step);
        _board.Step(step);
    }

    private void Evaluate(Evaluation evaluation, bool best)
    {
        _progress.Evaluated(evaluation, best);
        _board.Evaluated(evaluation, best);
    }

    private StatusReader ReaderOf(StatusBoard board) => new("digits", "ab12", Rules, board, _progress, _clock);

    private WorkerStatus Worker() => _reader.Read().Workers.ShouldHaveSingleItem();

    private static StepReport Step(int step, double milliseconds = 1) =>
        new(step, ((step - 1) / Rules.StepsPerEpoch) + 1, 64, 1.0 / step, 0.003, 1, 0, 0, 0, milliseconds);
}
