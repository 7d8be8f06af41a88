using Backprop.Coordinator.Core;
using Backprop.Coordinator.Diagnostics;
using Backprop.Coordinator.Embedded;
using Backprop.Coordinator.Storage;

namespace Backprop.Tests.Coordinator.Diagnostics;

public sealed class StatusBoardTests
{
    private static readonly Rules Rules = new() { Steps = 690, Samples = 1438, Batch = 64, Shards = 8, WorkersMinimum = 2 };
    private readonly ManualClock _clock = new();
    private readonly StatusBoard _board;
    private LinkFigures _link = new(100, 50, 0);

    public StatusBoardTests() => _board = new StatusBoard("digits", "ab12", Rules, 0, _clock);

    [Fact]
    public void Before_the_first_step_there_is_neither_loss_nor_speed()
    {
        var status = _board.Read();

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
        var status = new StatusBoard("digits", "ab12", Rules, 200, _clock).Read();

        (status.Step, status.Epoch, status.CheckpointStep, status.StepsCommitted).ShouldBe((200, 9, 200L, 0L));
    }

    [Fact]
    public void Steps_give_loss_counts_and_the_speed_of_the_last_256()
    {
        _board.Step(Step(1, milliseconds: 10_000), 0);
        for (var step = 2; step <= 257; step++)
        {
            _board.Step(Step(step, milliseconds: step % 2 == 0 ? 1 : 3), 0);
        }

        var status = _board.Read();

        (status.Step, status.Epoch, status.Loss, status.Rate).ShouldBe((257, 12, 1.0 / 257, 0.003));
        (status.StepsCommitted, status.SamplesCommitted).ShouldBe((257L, 257L * 64));
        (status.SamplesPerSecond, status.MedianStepMilliseconds, status.P95StepMilliseconds).ShouldBe((32_000, 3, 3));
        status.SecondsTraining.ShouldBe(10.512, 1e-9);
    }

    [Fact]
    public void Evaluations_and_checkpoints_are_the_newest()
    {
        var results = new Dictionary<string, double> { ["loss"] = 0.4, ["accuracy"] = 0.9 };
        _board.Evaluated(23, 1, results, best: true);
        results["accuracy"] = 0;
        _board.Durable(200, "there");
        _board.NotDurable(400, "The disk is full.");

        var status = _board.Read();

        status.Evaluation["accuracy"].ShouldBe(0.9);
        status.CheckpointStep.ShouldBe(200);
    }

    [Theory]
    [InlineData((int)Phase.Gathering, "waiting")]
    [InlineData((int)Phase.Computing, "computing")]
    [InlineData((int)Phase.Committing, "committing")]
    [InlineData((int)Phase.Evaluating, "evaluating")]
    [InlineData((int)Phase.Folding, "evaluating")]
    [InlineData((int)Phase.Holding, "holding")]
    [InlineData((int)Phase.Finished, "ending")]
    public void A_phase_has_a_word(int phase, string word)
    {
        _board.Enter((Phase)phase);

        _board.Read().Phase.ShouldBe(word);
    }

    [Theory]
    [InlineData((int)RunStatus.Completed, "completed")]
    [InlineData((int)RunStatus.Stopped, "stopped")]
    [InlineData((int)RunStatus.Diverged, "diverged")]
    [InlineData((int)RunStatus.Failed, "failed")]
    public void The_end_has_the_summarys_word(int status, string word)
    {
        _board.Enter(Phase.Finished);
        _board.Ended((RunStatus)status);
        _board.Enter(Phase.Finished);

        _board.Read().Phase.ShouldBe(word);
    }

    [Fact]
    public void A_worker_prepares_joins_computes_and_is_lost()
    {
        _board.Connected(new WorkerInfo(3, "host-1", "127.0.0.1:4000", 2), () => _link);
        Worker().State.ShouldBe("preparing");
        _board.Read().WorkersPresent.ShouldBe(0);

        _board.Does(3, WorkerState.Computing);
        Worker().State.ShouldBe("preparing", "it has not joined");
        _board.Joined(3, 500.04);
        _board.Does(3, WorkerState.Computing);
        _board.Answered(3, 5);
        _board.Answered(3, 3);
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
        _board.Speed(3, 750);
        Worker().SamplesPerSecond.ShouldBe(750);

        _board.Gone(3, lost: true);
        _board.Gone(3, lost: true);
        var status = _board.Read();
        status.Workers.ShouldBeEmpty();
        (status.WorkersJoined, status.WorkersLost, status.BytesSent, status.BytesReceived).ShouldBe((1L, 1L, 1000L, 900L));
    }

    [Fact]
    public void Who_leaves_by_its_own_wish_or_never_joined_is_not_lost()
    {
        _board.Connected(new WorkerInfo(1, "a", "here", 1), () => _link);
        _board.Connected(new WorkerInfo(2, "b", "here", 1), () => _link);
        _board.Joined(1, 1);
        _board.Joined(1, 1);
        _board.Gone(1, lost: false);
        _board.Gone(2, lost: true);
        _board.Joined(2, 1);
        _board.Answered(2, 1);

        var status = _board.Read();

        (status.WorkersJoined, status.WorkersLost, status.BytesSent).ShouldBe((1L, 0L, 200L));
    }

    [Fact]
    public void Bytes_never_fall_when_a_link_is_read_while_it_closes()
    {
        var calls = 0;
        _board.Connected(new WorkerInfo(1, "a", "here", 1), () => new LinkFigures(calls++ == 0 ? 1000 : 900, 10, 0));
        _board.Read().BytesSent.ShouldBe(1000);

        _board.Gone(1, lost: true);

        _board.Read().BytesSent.ShouldBe(1000);
    }

    [Fact]
    public void Workers_come_in_the_order_of_their_ids_however_many_there_are()
    {
        foreach (var id in Enumerable.Range(1, 300).OrderBy(id => id * 7 % 301))
        {
            _board.Connected(new WorkerInfo(id, "a", "here", 1), () => _link);
        }

        _board.Dropped();
        _board.ComputedAgain(4);

        var status = _board.Read();

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
                    var status = _board.Read();
                    status.Workers.Select(worker => worker.Id).ShouldBeUnique();
                    most = Math.Max(most, status.Workers.Count);
                }

                return most;
            },
            TestContext.Current.CancellationToken);

        for (var id = 1; id <= 20_000; id++)
        {
            _board.Connected(new WorkerInfo(id, "a", "here", 1), () => _link);
            WriteAStep(id);
            _board.Gone(id - 10, lost: true);
        }

        await over.CancelAsync();
        (await reader).ShouldBeLessThanOrEqualTo(11);
        _board.Read().StepsCommitted.ShouldBe(20_000);
    }

    [Fact]
    public void Writing_about_a_step_allocates_nothing()
    {
        _board.Connected(new WorkerInfo(1, "a", "here", 1), () => _link);
        _board.Joined(1, 1);
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
        _board.Enter(Phase.Computing);
        _board.Does(1, WorkerState.Computing);
        _board.Speed(1, step);
        _board.Answered(1, 8);
        _board.Dropped();
        _board.ComputedAgain(1);
        _board.Enter(Phase.Committing);
        _board.Step(Step(step), 1);
    }

    private WorkerStatus Worker() => _board.Read().Workers.ShouldHaveSingleItem();

    private static StepReport Step(int step, double milliseconds = 1) =>
        new(step, ((step - 1) / Rules.StepsPerEpoch) + 1, 64, 1.0 / step, 0.003, 1, 0, 0, 0, milliseconds);
}
