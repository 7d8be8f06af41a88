using Backprop.Shared.Checkpoints;
using Backprop.Tests.TestUtilities;

namespace Backprop.Tests.Shared.Checkpoints;

public sealed class CheckpointCorruptionTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly CheckpointStore _store;
    private readonly List<SkippedCheckpoint> _skipped = [];

    public CheckpointCorruptionTests()
    {
        _store = new CheckpointStore(_folder["checkpoints"]);
        Samples.Save(_store, 100);
        Samples.Save(_store, 200);
    }

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(0x01)]
    [InlineData(0x20)]
    [InlineData(0xff)]
    public void Whichever_byte_changes_it_is_noticed_and_the_checkpoint_before_is_found(byte bits)
    {
        var path = _store.PathOf(200);
        var good = File.ReadAllBytes(path);
        using var stream = new FileStream(path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite, bufferSize: 0);
        for (var i = 0; i < good.Length; i++)
        {
            Put(stream, i, (byte)(good[i] ^ bits));

            FindsOnlyStep100($"byte {i}");

            Put(stream, i, good[i]);
        }

        using var reader = _store.FindNewestValid(_skipped.Add);
        reader!.Checkpoint.Step.ShouldBe(200);
    }

    [Fact]
    public void Cut_at_whichever_length_it_is_noticed_and_the_checkpoint_before_is_found()
    {
        var path = _store.PathOf(200);
        using var stream = new FileStream(path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite, bufferSize: 0);
        for (var length = stream.Length - 1; length >= 0; length--)
        {
            stream.SetLength(length);

            FindsOnlyStep100($"length {length}");
        }
    }

    [Fact]
    public void Bytes_added_or_zeroed_at_the_end_are_noticed()
    {
        var good = File.ReadAllBytes(_store.PathOf(200));
        for (var count = 1; count <= 64; count++)
        {
            File.WriteAllBytes(_store.PathOf(200), [.. good, .. new byte[count]]);
            FindsOnlyStep100($"{count} added");

            File.WriteAllBytes(_store.PathOf(200), [.. good[..^count], .. new byte[count]]);
            FindsOnlyStep100($"{count} zeroed");
        }
    }

    [Fact]
    public void A_checkpoint_under_another_steps_name_is_passed_over()
    {
        File.Copy(_store.PathOf(100), _store.PathOf(300));
        File.Delete(_store.PathOf(200));

        FindsOnlyStep100("copy");
        _skipped[^1].Reason.ShouldContain("holds step 100");
    }

    [Fact]
    public void What_a_killed_run_was_writing_is_ignored_and_deleted()
    {
        var aside = DurableFile.AsideOf(_store.PathOf(300));
        File.Copy(_store.PathOf(200), aside);
        Path.GetFileName(aside).ShouldBe(".step-00000300.safetensors.tmp");

        using (var reader = _store.FindNewestValid(_skipped.Add))
        {
            reader!.Checkpoint.Step.ShouldBe(200);
        }

        _skipped.ShouldBeEmpty();
        _store.DeleteLeftovers();
        Directory.GetFiles(_store.Folder).Order().ShouldBe([_store.PathOf(100), _store.PathOf(200)]);
    }

    [Fact]
    public void A_damaged_one_set_aside_counts_no_more()
    {
        File.WriteAllBytes(_store.PathOf(200), [1, 2, 3]);
        FindsOnlyStep100("garbage");

        CheckpointStore.SetAside(_skipped[^1].File);

        _store.List().Select(f => f.Step).ShouldBe([100]);
        File.Exists(_store.PathOf(200) + ".damaged").ShouldBeTrue();
    }

    [Fact]
    public void Where_nothing_is_valid_nothing_is_found()
    {
        File.WriteAllBytes(_store.PathOf(200), []);
        File.WriteAllBytes(_store.PathOf(100), new byte[4096]);

        _store.FindNewestValid(_skipped.Add).ShouldBeNull();
        _skipped.Count.ShouldBe(2);
        new CheckpointStore(_folder["none"]).FindNewestValid(_skipped.Add).ShouldBeNull();
    }

    private void FindsOnlyStep100(string what)
    {
        _skipped.Clear();
        using var reader = _store.FindNewestValid(_skipped.Add);
        reader.ShouldNotBeNull(what);
        reader.Checkpoint.Step.ShouldBe(100, what);
        _skipped.Count.ShouldBe(1, what);
    }

    private static void Put(FileStream stream, int offset, byte value)
    {
        stream.Position = offset;
        stream.WriteByte(value);
        stream.Flush();
    }
}
