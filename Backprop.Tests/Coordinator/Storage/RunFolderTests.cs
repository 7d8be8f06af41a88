using Backprop.Coordinator.Storage;
using Backprop.Shared.Primitives;
using Backprop.Tests.TestUtilities;

namespace Backprop.Tests.Coordinator.Storage;

public sealed class RunFolderTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private string Runs => _folder["runs"];

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Without_a_folder_given_the_next_free_one_is_taken()
    {
        string[] names = [.. Enumerable.Range(0, 3).Select(_ => Start(null))];

        names.ShouldBe([Path.Combine(Runs, "digits"), Path.Combine(Runs, "digits-2"), Path.Combine(Runs, "digits-3")]);
        File.ReadAllText(Path.Combine(names[2], "run.yaml")).ShouldBe("name: digits\n");
        Directory.Exists(Path.Combine(names[2], "checkpoints")).ShouldBeTrue();
    }

    [Fact]
    public void A_folder_in_use_or_with_foreign_files_is_not_free_and_one_that_came_to_nothing_is()
    {
        Directory.CreateDirectory(Path.Combine(Runs, "digits"));
        File.WriteAllText(Path.Combine(Runs, "digits", "notes.txt"), "mine");
        using var starting = RunFolder.Open(Runs, "digits", null, RunFolderUse.New);
        starting.Path.ShouldBe(Path.Combine(Runs, "digits-2"));

        using (var next = RunFolder.Open(Runs, "digits", null, RunFolderUse.New))
        {
            next.Path.ShouldBe(Path.Combine(Runs, "digits-3"));
        }

        Start(null).ShouldBe(Path.Combine(Runs, "digits-3"));
    }

    [Fact]
    public void A_named_folder_that_holds_a_run_is_refused_and_stays_as_it_is()
    {
        Start(_folder["mine"]);
        var before = Snapshot(_folder["mine"]);

        var problem = Should.Throw<UserException>(() => RunFolder.Open(Runs, "digits", _folder["mine"], RunFolderUse.New));

        problem.ExitCode.ShouldBe(ExitCode.Usage);
        problem.Message.ShouldBe(
            $"{_folder["mine"]} already holds a run; give --resume to continue it, --overwrite to delete it, or another --run-dir.");
        Snapshot(_folder["mine"]).ShouldBe(before);
    }

    [Fact]
    public void To_overwrite_deletes_the_run_and_nothing_else()
    {
        Start(_folder["mine"]);
        foreach (var name in new[]
        {
            "ledger.jsonl", "metrics.jsonl", "summary.json", ".summary.json.tmp", "checkpoints/step-00000200.safetensors",
            "checkpoints/.step-00000300.safetensors.tmp", "checkpoints/step-00000100.safetensors.damaged", "notes.txt",
            "checkpoints/favourite.safetensors",
        })
        {
            File.WriteAllText(Path.Combine(_folder["mine"], name), "x");
        }

        using (RunFolder.Open(Runs, "digits", _folder["mine"], RunFolderUse.Overwrite))
        {
            Snapshot(_folder["mine"]).ShouldBe(["checkpoints/favourite.safetensors", "notes.txt", "run.lock", "run.pid"]);
        }
    }

    [Fact]
    public void To_resume_without_a_folder_takes_the_run_that_was_started_last()
    {
        string[] runs = [.. Enumerable.Range(0, 3).Select(_ => Start(null))];
        Start(null, "digits-wide");
        var start = File.GetLastWriteTimeUtc(Path.Combine(runs[2], "run.yaml"));
        File.SetLastWriteTimeUtc(Path.Combine(runs[0], "run.yaml"), start.AddHours(-2));
        File.SetLastWriteTimeUtc(Path.Combine(runs[1], "run.yaml"), start.AddHours(1));

        Resumed(null).ShouldBe(runs[1]);

        File.SetLastWriteTimeUtc(Path.Combine(runs[2], "run.yaml"), start.AddHours(1));
        Resumed(null).ShouldBe(runs[2]);
        Resumed(runs[0]).ShouldBe(runs[0]);
    }

    [Fact]
    public void Where_there_is_no_run_nothing_is_resumed_or_made()
    {
        Should.Throw<UserException>(() => Resumed(null)).Message.ShouldContain("There is no run of the name digits to resume");
        Should.Throw<UserException>(() => Resumed(_folder["mine"])).ExitCode.ShouldBe(ExitCode.Usage);

        Directory.GetFileSystemEntries(_folder.Path).ShouldBeEmpty();
    }

    [Fact]
    public void To_resume_deletes_what_a_killed_run_was_writing()
    {
        var path = Start(null);
        File.WriteAllText(Path.Combine(path, "checkpoints/.step-00000300.safetensors.tmp"), "x");

        Resumed(null);

        Snapshot(path).ShouldBe(["run.lock", "run.yaml"]);
    }

    [Theory]
    [InlineData("")]
    [InlineData("..")]
    [InlineData("a/b")]
    [InlineData("../x")]
    [InlineData("a\\b")]
    public void A_name_that_leads_elsewhere_is_refused(string name)
    {
        Should.Throw<UserException>(() => RunFolder.Open(Runs, name, null, RunFolderUse.New)).ExitCode.ShouldBe(ExitCode.Usage);
    }

    [Fact]
    public void A_folder_that_cannot_be_made_is_a_storage_error()
    {
        File.WriteAllText(_folder["file"], "x");

        var problem = Should.Throw<UserException>(() => RunFolder.Open(Runs, "digits", _folder["file/run"], RunFolderUse.New));

        problem.ExitCode.ShouldBe(ExitCode.Storage);
        problem.Message.ShouldContain(_folder["file/run"]);
    }

    private string Start(string? given, string name = "digits")
    {
        using var folder = RunFolder.Open(Runs, name, given, RunFolderUse.New);
        folder.WriteRunFile($"name: {name}\n");
        return folder.Path;
    }

    private string Resumed(string? given)
    {
        using var folder = RunFolder.Open(Runs, "digits", given, RunFolderUse.Resume);
        folder.ReadRunFile().ShouldBe("name: digits\n");
        return folder.Path;
    }

    private static IEnumerable<string> Snapshot(string path) =>
    [
        .. Directory.GetFiles(path, "*", SearchOption.AllDirectories)
            .Select(f => Path.GetRelativePath(path, f)).Order(StringComparer.Ordinal),
    ];
}
