using Backprop.Shared.Checkpoints;
using Backprop.Shared.Primitives;
using Backprop.Tests.TestUtilities;

namespace Backprop.Tests.Shared.Checkpoints;

public sealed class CheckpointWriterTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly CheckpointStore _store;
    private readonly List<CheckpointOutcome> _outcomes = [];

    public CheckpointWriterTests() => _store = new CheckpointStore(_folder.Path);

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void The_newest_and_the_best_stay()
    {
        using var writer = Writer(keep: 2);
        long[] steps = [100, 200, 300, 400, 500];
        foreach (var step in steps)
        {
            Write(writer, step, isBest: step <= 200);
        }

        Steps().ShouldBe([500, 400, 200]);
        writer.BestStep.ShouldBe(200);
        _store.FindBest(lastStep: 500).ShouldBe(200);
        _store.FindBest(lastStep: 199).ShouldBeNull();
        _outcomes.Select(o => (o.Step, o.Failure)).ShouldBe(steps.Select(s => (s, (UserException?)null)));
    }

    [Fact]
    public void A_resumed_run_keeps_the_best_of_before_until_there_is_a_better_one()
    {
        Samples.Save(_store, 100, isBest: true);
        Samples.Save(_store, 200);
        using var writer = new CheckpointWriter(_store, 1, _store.FindBest(200), () => { }, _outcomes.Add);

        Write(writer, 300);
        Steps().ShouldBe([300, 100]);

        Write(writer, 400, isBest: true);
        Steps().ShouldBe([400]);
    }

    [Fact]
    public void Later_checkpoints_than_the_one_that_became_durable_do_not_count()
    {
        Samples.Save(_store, 900);
        using var writer = Writer(keep: 1);

        Write(writer, 100);
        Write(writer, 200);

        Steps().ShouldBe([900, 200]);
    }

    [Fact]
    public void The_best_one_written_again_is_still_the_best()
    {
        using var writer = Writer(keep: 1);
        Write(writer, 100, isBest: true);

        Write(writer, 100);

        _store.FindBest(100).ShouldBe(100);
    }

    [Fact]
    public void The_training_goes_on_while_its_copy_is_written()
    {
        using var training = new ManualResetEventSlim();
        var logsSynced = 0;
        using var writer = new CheckpointWriter(
            _store, 3, null, () => logsSynced += training.Wait(TimeSpan.FromSeconds(30)) ? 1 : 0, _outcomes.Add);
        var tensors = Samples.Filled(1, "momentum");

        writer.Begin(Samples.Checkpoint(100), tensors);
        writer.IsWriting.ShouldBeTrue();
        tensors.Weights.Span.Fill(-5f);
        tensors.State[0].Span.Fill(-5f);
        Steps().ShouldBeEmpty();
        training.Set();
        writer.Wait();

        logsSynced.ShouldBe(1);
        using var reader = CheckpointReader.Open(_store.PathOf(100));
        var read = Samples.Empty("momentum");
        reader.ReadAll(read);
        read.Weights.ToArray().ShouldBe(Samples.Filled(1, "momentum").Weights.ToArray());
        read.State[0].ToArray().ShouldBe(Samples.Filled(1, "momentum").State[0].ToArray());
    }

    [Fact]
    public void The_second_copy_needs_no_new_memory_for_the_tensors()
    {
        var layout = new Backprop.Shared.Models.ParameterLayout();
        layout.Add("layers.0", "weight", new(1 << 20), 1, 1, null);
        var tensors = Samples.Empty(layout, "momentum");
        using var writer = Writer(keep: 1);
        Write(writer, tensors, 1);

        var before = GC.GetAllocatedBytesForCurrentThread();
        Write(writer, tensors, 2);

        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBeLessThan(layout.Length * sizeof(float));
    }

    [Fact]
    public void A_checkpoint_that_cannot_be_written_is_reported_and_the_next_is_another_try()
    {
        using var writer = Writer(keep: 1);
        Write(writer, 100);
        Directory.CreateDirectory(DurableFile.AsideOf(_store.PathOf(200)));

        Write(writer, 200);

        _outcomes[^1].StopsRun.ShouldBeFalse();
        _outcomes[^1].Failure!.ExitCode.ShouldBe(ExitCode.Storage);
        _outcomes[^1].Failure!.Message.ShouldContain("step-00000200.safetensors");
        Steps().ShouldBe([100]);
        Write(writer, 300);
        _outcomes[^1].Failure.ShouldBeNull();
        Steps().ShouldBe([300]);
    }

    [Fact]
    public void Logs_that_cannot_be_synced_stop_the_run_before_anything_is_written()
    {
        var full = new UserException(ExitCode.Storage, "full");
        using var writer = new CheckpointWriter(_store, 1, null, () => throw full, _outcomes.Add);

        Write(writer, 100);

        _outcomes[^1].ShouldBe(new CheckpointOutcome(100, _store.PathOf(100), full, StopsRun: true));
        Directory.GetFiles(_folder.Path).ShouldBeEmpty();
    }

    [Fact]
    public void A_full_disk_is_named_and_leaves_the_old_checkpoint_and_no_half_file()
    {
        using var disk = TinyDisk.Mount(_folder["disk"], kilobytes: 64);
        var store = new CheckpointStore(_folder["disk"]);
        using var writer = new CheckpointWriter(store, 1, null, () => { }, _outcomes.Add);
        Write(writer, 100);
        File.WriteAllBytes(Path.Combine(store.Folder, "ballast"), new byte[56 << 10]);

        var layout = new Backprop.Shared.Models.ParameterLayout();
        layout.Add("layers.0", "weight", new(1 << 15), 1, 1, null);
        using var large = new CheckpointWriter(store, 1, null, () => { }, _outcomes.Add);
        Write(large, Samples.Empty(layout), 200);

        _outcomes[^1].Failure!.Message.ShouldContain("the disk is full");
        Directory.GetFiles(store.Folder).Select(Path.GetFileName).Order().ShouldBe(["ballast", "step-00000100.safetensors"]);
        CheckpointReader.Open(store.PathOf(100)).Dispose();
    }

    [Fact]
    public void Writing_to_a_full_device_is_recognized()
    {
        Assert.SkipUnless(File.Exists("/dev/full"), "there is no /dev/full");
        using var full = new FileStream("/dev/full", FileMode.Open, FileAccess.Write, FileShare.ReadWrite, bufferSize: 0);

        var problem = Should.Throw<IOException>(() => full.Write([1, 2, 3]));

        DurableFile.CannotWrite("x", problem).Message.ShouldBe("Cannot write x: the disk is full; free some space.");
    }

    [Fact]
    public void Nothing_older_goes_before_the_new_one_is_agreed()
    {
        using var agreed = new ManualResetEventSlim();
        using var asked = new ManualResetEventSlim();
        using var writer = Agreeing(step =>
        {
            if (step == 200)
            {
                asked.Set();
                agreed.Wait(TimeSpan.FromSeconds(30)).ShouldBeTrue();
            }
        });
        Write(writer, 100);

        writer.Begin(Samples.Checkpoint(200), Samples.Filled(200, "momentum"));
        asked.Wait(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken).ShouldBeTrue();
        Steps().ShouldBe([200, 100], "it is on this disk already, and does not count yet");
        _outcomes.Count.ShouldBe(1);
        agreed.Set();
        writer.Wait();

        Steps().ShouldBe([200]);
        _outcomes[^1].ShouldBe(new CheckpointOutcome(200, _store.PathOf(200), Failure: null, StopsRun: false));
    }

    [Theory]
    [InlineData(ExitCode.Fenced, true)]
    [InlineData(ExitCode.Storage, false)]
    internal void A_fence_stops_the_run_and_another_failure_is_one_more_try(ExitCode code, bool stops)
    {
        var failure = new UserException(code, "not agreed");
        using var writer = Agreeing(step =>
        {
            if (step == 200)
            {
                throw failure;
            }
        });
        Write(writer, 100);

        Write(writer, 200, isBest: true);

        _outcomes[^1].ShouldBe(new CheckpointOutcome(200, _store.PathOf(200), failure, stops));
        Steps().ShouldBe([200, 100]);
        writer.BestStep.ShouldBeNull();
        Write(writer, 300);
        _outcomes[^1].Failure.ShouldBeNull();
        Steps().ShouldBe([300]);
    }

    [Fact]
    public void What_could_not_be_written_is_not_agreed()
    {
        var agreed = new List<long>();
        using var writer = Agreeing(agreed.Add);
        Directory.CreateDirectory(DurableFile.AsideOf(_store.PathOf(100)));

        Write(writer, 100);
        Write(writer, 200);

        agreed.ShouldBe([200]);
    }

    private CheckpointWriter Agreeing(Action<long> agree) => new(_store, 1, null, () => { }, _outcomes.Add, agree);

    private CheckpointWriter Writer(int keep) => new(_store, keep, null, () => { }, _outcomes.Add);

    private static void Write(CheckpointWriter writer, long step, bool isBest = false) =>
        Write(writer, Samples.Filled(step, "momentum"), step, isBest);

    private static void Write(CheckpointWriter writer, CheckpointTensors tensors, long step, bool isBest = false)
    {
        writer.Begin(Samples.Checkpoint(step, isBest), tensors);
        writer.Wait();
    }

    private IEnumerable<long> Steps() => _store.List().Select(f => f.Step);
}
