using System.Text.Json;
using Backprop.Coordinator.Storage;
using Backprop.Shared.Primitives;
using Backprop.Tests.Shared.Checkpoints;
using Backprop.Tests.TestUtilities;

namespace Backprop.Tests.Coordinator.Storage;

public sealed class LedgerTests : IDisposable
{
    private static readonly string[] Parts = ["compute", "commit"];
    private readonly TemporaryFolder _folder = new();
    private readonly ManualClock _clock = new();

    private string LedgerPath => _folder["ledger.jsonl"];

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_line_has_exactly_these_characters()
    {
        using (var ledger = Open())
        {
            ledger.Append(new LedgerLine
            {
                Step = 7,
                Epoch = 2,
                Samples = 64,
                Loss = 0.1 + 0.2,
                Rate = 0.003,
                GradientNorm = double.NaN,
                Spans = [new(1, 0, 3), new(2, 4, 7)],
                Milliseconds = [1.23456, 0.5],
            });
        }

        File.ReadAllText(LedgerPath).ShouldBe(
            """
            {"step":7,"epoch":2,"samples":64,"loss":0.30000000000000004,"rate":0.003,"gradientNorm":null,
            "spans":[[1,0,3],[2,4,7]],"milliseconds":{"compute":1.235,"commit":0.5}}
            """.ReplaceLineEndings(string.Empty) + "\n");
    }

    [Fact]
    public void Appending_allocates_nothing_not_even_when_the_buffer_is_handed_over()
    {
        using var ledger = Open();
        Append(ledger, 1, 2000);

        var before = GC.GetAllocatedBytesForCurrentThread();
        Append(ledger, 2001, 4000);

        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBe(0);
        new FileInfo(LedgerPath).Length.ShouldBeGreaterThan(128 << 10);
    }

    [Fact]
    public void Lines_reach_the_file_after_a_second_or_when_it_is_synced()
    {
        using var ledger = Open();

        Append(ledger, 1, 2);
        Lines().ShouldBe(0);

        _clock.Advance(1);
        Append(ledger, 3, 3);
        Lines().ShouldBe(3);

        Append(ledger, 4, 4);
        Lines().ShouldBe(3);
        ledger.Sync();
        Lines().ShouldBe(4);
    }

    [Fact]
    public void A_resumed_run_appends_behind_the_lines_that_stayed()
    {
        using (var ledger = Open())
        {
            Append(ledger, 1, 10);
        }

        JsonLinesCut.After(LedgerPath, 6).LastStep.ShouldBe(6);
        using (var ledger = Open())
        {
            Append(ledger, 7, 8);
        }

        Steps().ShouldBe([1, 2, 3, 4, 5, 6, 7, 8]);
    }

    [Fact]
    public void Wherever_the_last_line_is_torn_it_is_cut()
    {
        using (var ledger = Open())
        {
            Append(ledger, 1, 3);
        }

        var whole = File.ReadAllBytes(LedgerPath);
        var end = whole.AsSpan(0, whole.Length - 1).LastIndexOf((byte)'\n') + 1;
        for (var length = end; length < whole.Length; length++)
        {
            File.WriteAllBytes(LedgerPath, whole[..length]);

            var cut = JsonLinesCut.After(LedgerPath, 100);

            cut.ShouldBe(new JsonLinesCut(2, length - end, 0));
            File.ReadAllBytes(LedgerPath).ShouldBe(whole[..end]);
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("\0\0\0\0")]
    [InlineData("{\"step\":3}x")]
    [InlineData("{\"step\":\"3\"}")]
    [InlineData("{\"other\":{\"step\":3}}")]
    [InlineData("{\"step\":3")]
    [InlineData("[[[[[[[[")]
    public void A_line_that_is_none_of_ours_takes_no_other_with_it(string line)
    {
        const string Good = "{\"epoch\":1,\"step\":1}\n{\"step\":2}\n";
        var damaged = $"{Good}{line}\n{{\"step\":5}}\n{line}\n{{\"step\":6}}\n{line}\n";
        File.WriteAllText(LedgerPath, damaged);

        var cut = JsonLinesCut.After(LedgerPath, 5);

        cut.LastStep.ShouldBe(5);
        cut.Gaps.ShouldBe([(3, 4)]);
        File.ReadAllText(LedgerPath).ShouldBe(Good + "{\"step\":5}\n");
        File.ReadAllText(LedgerPath + ".damaged").ShouldBe(damaged);
    }

    [Theory]
    [InlineData("{\"step\":3")]
    [InlineData("\0\0\0\0")]
    public void Behind_the_last_step_that_counts_everything_is_cut(string line)
    {
        const string Good = "{\"step\":1}\n{\"step\":2}\n";
        File.WriteAllText(LedgerPath, $"{Good}{line}\n{{\"step\":4}}\n");

        JsonLinesCut.After(LedgerPath, 2).ShouldBe(new JsonLinesCut(2, line.Length + 1 + 11, 4));

        File.ReadAllText(LedgerPath).ShouldBe(Good);
        File.Exists(LedgerPath + ".damaged").ShouldBeFalse();
    }

    [Fact]
    public void A_long_ledger_is_cut_at_the_right_line_and_one_without_line_ends_entirely()
    {
        using (var ledger = Open())
        {
            Append(ledger, 1, 20_000);
        }

        new FileInfo(LedgerPath).Length.ShouldBeGreaterThan(2 << 20);
        JsonLinesCut.After(LedgerPath, 19_999).LastStep.ShouldBe(19_999);
        Steps().ShouldBe(Enumerable.Range(1, 19_999).Select(s => (long)s));

        File.WriteAllBytes(LedgerPath, new byte[3 << 20]);
        JsonLinesCut.After(LedgerPath, 5).ShouldBe(new JsonLinesCut(0, 3 << 20, 0));
        JsonLinesCut.After(_folder["none"], 5).ShouldBe(default);
    }

    [Fact]
    public void What_is_known_to_be_whole_is_not_read_again()
    {
        using (var ledger = Open())
        {
            Append(ledger, 1, 20_000);
        }

        var whole = File.ReadAllBytes(LedgerPath);
        whole.Length.ShouldBeGreaterThan(2 << 20);
        long[] known = [100, 2 << 20, whole.Length - 1, whole.Length, whole.Length * 2];
        foreach (var step in (long[])[0, 9_000, 19_999, 20_000, 40_000])
        {
            var all = JsonLinesCut.Look(LedgerPath, step);
            foreach (var length in known)
            {
                JsonLinesCut.Look(LedgerPath, step, length).ShouldBe(all, $"to {step}, {length} known");
            }
        }

        whole[0] = (byte)'?';
        File.WriteAllBytes(LedgerPath, whole);
        var last = whole.Length - whole.AsSpan(0, whole.Length - 1).LastIndexOf((byte)'\n') - 1;
        JsonLinesCut.After(LedgerPath, 19_999, whole.Length).ShouldBe(new JsonLinesCut(19_999, last, 20_000));
        JsonLinesCut.After(LedgerPath, 19_998).Gaps.ShouldBe([(1, 1)], "everything is read where nothing is known");
    }

    [Fact]
    public void A_ledger_that_cannot_be_written_stops_the_run_now_and_at_every_later_call()
    {
        Assert.SkipUnless(File.Exists("/dev/full"), "there is no /dev/full");
        using var ledger = new Ledger("/dev/full", Parts, _clock);
        Append(ledger, 1, 1);

        var problem = Should.Throw<UserException>(ledger.Flush);

        problem.ExitCode.ShouldBe(ExitCode.Storage);
        problem.Message.ShouldBe("Cannot write /dev/full: the disk is full; free some space.");
        Should.Throw<UserException>(() => Append(ledger, 2, 2)).ShouldBeSameAs(problem);
        Should.Throw<UserException>(ledger.SyncFlushed).ShouldBeSameAs(problem);
    }

    [Fact]
    public void A_ledger_on_a_full_disk_keeps_whole_lines_after_it_is_cut()
    {
        using var disk = TinyDisk.Mount(_folder["disk"], kilobytes: 64);
        var path = Path.Combine(_folder["disk"], "ledger.jsonl");
        using (var ledger = new Ledger(path, Parts, _clock))
        {
            Should.Throw<UserException>(() => Append(ledger, 1, 1_000)).Message.ShouldContain("the disk is full");
        }

        var last = JsonLinesCut.After(path, 1_000).LastStep;

        File.ReadLines(path).Count().ShouldBe((int)last);
        File.ReadAllText(path).ShouldEndWith("}}\n");
    }

    [Fact]
    public void A_ledger_in_a_folder_that_is_none_is_a_storage_error()
    {
        File.WriteAllText(_folder["file"], string.Empty);

        var problem = Should.Throw<UserException>(() => new Ledger(Path.Combine(_folder["file"], "x"), Parts, _clock));

        problem.ExitCode.ShouldBe(ExitCode.Storage);
    }

    private Ledger Open() => new(LedgerPath, Parts, _clock);

    private int Lines() => File.ReadLines(LedgerPath).Count();

    private IEnumerable<long> Steps()
    {
        foreach (var line in File.ReadLines(LedgerPath))
        {
            using var json = JsonDocument.Parse(line);
            yield return json.RootElement.GetProperty("step").GetInt64();
        }
    }

    private static void Append(Ledger ledger, int first, int last)
    {
        Span<LedgerSpan> spans = [new(1, 0, 3), new(2, 4, 7)];
        Span<double> milliseconds = [1.5, 0.25];
        for (var step = first; step <= last; step++)
        {
            ledger.Append(new LedgerLine
            {
                Step = step,
                Epoch = 1,
                Samples = 64,
                Loss = 1.0 / step,
                Rate = 0.003,
                GradientNorm = 2.0 / step,
                Spans = spans,
                Milliseconds = milliseconds,
            });
        }
    }
}
