using Backprop.Coordinator.Storage;
using Backprop.Shared.Checkpoints;
using Backprop.Shared.Primitives;
using Backprop.Tests.Shared.Checkpoints;
using Backprop.Tests.TestUtilities;

namespace Backprop.Tests.Coordinator.Storage;

public sealed class RunStorageTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly ManualClock _clock = new();
    private readonly List<string> _ledgerWhenDurable = [];
    private readonly List<CheckpointOutcome> _outcomes = [];

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void When_a_checkpoint_is_durable_so_are_all_its_lines()
    {
        using var folder = RunFolder.Open(_folder.Path, "digits", null, RunFolderUse.New);
        using var storage = Open(folder, 0, out _);

        Train(storage, 1, 4);

        _outcomes.Select(o => (o.Step, o.Failure)).ShouldBe([(2, null), (4, null)]);
        _ledgerWhenDurable[0].ShouldEndWith("}\n");
        _ledgerWhenDurable[0].Split('\n').Length.ShouldBe(3);
        storage.BestStep.ShouldBe(2);
    }

    [Fact]
    public void A_killed_run_is_taken_back_to_its_newest_valid_checkpoint()
    {
        using (var folder = RunFolder.Open(_folder.Path, "digits", null, RunFolderUse.New))
        {
            folder.WriteRunFile("name: digits\n");
            using var storage = Open(folder, 0, out _);
            Train(storage, 1, 5);
            storage.Metrics.Append(new MetricsLine(5, 1, 0.5, [], IsBest: true));
            File.WriteAllText(folder.SummaryPath, "{}");
        }

        using var resumed = RunFolder.Open(_folder.Path, "digits", null, RunFolderUse.Resume);
        File.AppendAllText(resumed.LedgerPath, "{\"step\":6,\"ep");
        File.WriteAllBytes(resumed.Checkpoints.PathOf(6), [1, 2, 3]);
        var reports = new List<string>();
        using var reader = resumed.OpenNewestCheckpoint(reports.Add)!;
        reports.ShouldHaveSingleItem().ShouldContain("step-00000006.safetensors is damaged");
        using (var storage = Open(resumed, reader.Checkpoint.Step, out var cuts))
        {
            cuts.Ledger.LastStep.ShouldBe(4);
            Train(storage, 5, 6);
            storage.BestStep.ShouldBe(2);
        }

        File.ReadLines(resumed.LedgerPath).Count().ShouldBe(6);
        File.ReadAllText(resumed.MetricsPath).ShouldBeEmpty();
        File.Exists(resumed.SummaryPath).ShouldBeFalse();
        resumed.Checkpoints.List().Select(c => c.Step).ShouldBe([6, 4, 2]);
    }

    [Fact]
    public void Where_all_checkpoints_are_damaged_the_run_does_not_silently_start_again()
    {
        using var folder = RunFolder.Open(_folder.Path, "digits", null, RunFolderUse.New);
        folder.OpenNewestCheckpoint(_ => { }).ShouldBeNull();
        File.WriteAllBytes(folder.Checkpoints.PathOf(6), [1, 2, 3]);

        Should.Throw<UserException>(() => folder.OpenNewestCheckpoint(_ => { })).ExitCode.ShouldBe(ExitCode.Storage);

        File.Exists(folder.Checkpoints.PathOf(6)).ShouldBeTrue();
    }

    [Fact]
    public void Missing_lines_are_told()
    {
        using var folder = RunFolder.Open(_folder.Path, "digits", null, RunFolderUse.New);
        File.WriteAllText(folder.LedgerPath, "{\"step\":1}\n");

        using var storage = Open(folder, 4, out var cuts);

        cuts.Ledger.LastStep.ShouldBe(1);
    }

    private RunStorage Open(RunFolder folder, long step, out LogCuts cuts) =>
        RunStorage.Open(folder, step, ["total"], keep: 2, _clock, outcome => Ended(folder, outcome), out cuts);

    private void Ended(RunFolder folder, CheckpointOutcome outcome)
    {
        _outcomes.Add(outcome);
        _ledgerWhenDurable.Add(File.ReadAllText(folder.LedgerPath));
    }

    /// <summary>Steps with a checkpoint after each second one, the best after step 2.</summary>
    private static void Train(RunStorage storage, int first, int last)
    {
        for (var step = first; step <= last; step++)
        {
            storage.Ledger.Append(new LedgerLine
            {
                Step = step,
                Epoch = 1,
                Samples = 64,
                Loss = 1,
                Rate = 1,
                GradientNorm = 1,
                Spans = [new(1, 0, 7)],
            });
            if (step % 2 == 0)
            {
                storage.BeginCheckpoint(Samples.Checkpoint(step, isBest: step == 2), Samples.Filled(step, "momentum"));
                storage.WaitForCheckpoint();
            }
        }
    }
}
