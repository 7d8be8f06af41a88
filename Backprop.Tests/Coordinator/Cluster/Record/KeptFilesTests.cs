using Backprop.Coordinator.Cluster.Orders;
using Backprop.Coordinator.Cluster.Record;
using Backprop.Shared.Primitives;

namespace Backprop.Tests.Coordinator.Cluster.Record;

/// <summary>A file of the record is held when all of it is here and is what the record says; others write nowhere else.</summary>
public sealed class KeptFilesTests : IDisposable
{
    private const string Ledger = "runs/r/ledger.jsonl";
    private const string Text = "0123456789abcdefghijklmnopqrstuvwxyz";
    private readonly KeptScene _scene = new();
    private readonly KeptFiles _files;

    public KeptFilesTests() => _files = new KeptFiles(_scene.Root);

    public void Dispose()
    {
        _files.Dispose();
        _scene.Dispose();
    }

    [Theory]
    [InlineData("")]
    [InlineData("secret")]
    [InlineData("../secret")]
    [InlineData("/etc/passwd")]
    [InlineData("//etc/passwd")]
    [InlineData("runs/../../secret")]
    [InlineData("runs/..")]
    [InlineData("runs/./x")]
    [InlineData("runs/r/../../../secret")]
    [InlineData("runs//x")]
    [InlineData("runs/")]
    [InlineData("/runs/x")]
    [InlineData("runs")]
    [InlineData("Runs/x")]
    [InlineData("record/promise.json")]
    [InlineData("cluster.json/x")]
    [InlineData("cache/x")]
    [InlineData("..\\secret")]
    [InlineData("runs\\x")]
    [InlineData("runs/..\\..\\..\\secret")]
    [InlineData("runs/x\0y")]
    [InlineData("runs/a/b/c/d/e")]
    public async Task APathThatLeadsElsewhereIsNeitherReadNorWritten(string path)
    {
        var file = _scene.Lead(path, "secret");
        var before = _scene.Everything().ToList();

        _files.PathOf(path).ShouldBeNull();
        _files.Holds(file).ShouldBeFalse();
        (await _files.FetchAsync(file, null, _scene.Pieces)).ShouldBeFalse();

        _scene.Asked.ShouldBeEmpty();
        _scene.Everything().ShouldBe(before);
    }

    [Theory]
    [InlineData("queue/r.yaml")]
    [InlineData("data/0a-x.csv")]
    [InlineData("runs/r/checkpoints/step-00000001.safetensors")]
    [InlineData("runs/r/..x")]
    [InlineData(Ledger)]
    public async Task AFileArrivesByPieces_WithNothingBesides(string path)
    {
        var file = _scene.Lead(path, Text);
        _files.Holds(file).ShouldBeFalse();

        (await _files.FetchAsync(file, null, _scene.Pieces)).ShouldBeTrue();

        _files.Holds(file).ShouldBeTrue();
        _scene.Asked.ShouldBe([0, 10, 20, 30]);
        File.ReadAllText(_scene[path]).ShouldBe(Text);
        _scene.Everything().Order().ShouldBe(((string[])["../secret", path]).Order());
        _files.Describe(_scene[path]).ShouldBe(file);
    }

    [Fact]
    public async Task APieceThatIsTooLongEmptyOrWrongIsNotTaken_AndTheOldFileStays()
    {
        const string path = "data/x.csv";
        _scene.Have(path, "old");
        var file = _scene.Lead(path, Text);
        foreach (var spoils in (Func<byte[], byte[]>[])[_ => new byte[Text.Length + 1], _ => [], piece => [0, .. piece[1..]]])
        {
            _scene.Spoils = spoils;
            (await _files.FetchAsync(file, null, _scene.Pieces)).ShouldBeFalse();
            _files.Holds(file).ShouldBeFalse();
            File.ReadAllText(_scene[path]).ShouldBe("old");
            _scene.Everything().ShouldBe(["../secret", path]);
        }
    }

    [Fact]
    public async Task WhoeverDoesNotAnswerHasNotSaidThatAFileIsGone()
    {
        var file = _scene.Lead("data/x.csv", Text);
        _scene.IsSilent = true;
        (await _files.FetchAsync(file, null, _scene.Pieces)).ShouldBeFalse();
        _files.IsGone(file).ShouldBeFalse();

        _scene.IsSilent = false;
        _scene.Delete(file.Path);
        (await _files.FetchAsync(file, null, _scene.Pieces)).ShouldBeFalse();
        _files.IsGone(file).ShouldBeTrue();

        _files.Forget();
        _files.IsGone(file).ShouldBeFalse("another leader may have it");
    }

    [Fact]
    public async Task OfALedgerThatGrewOnlyTheEndIsFetched()
    {
        await _files.FetchAsync(_scene.Lead(Ledger, Text), null, _scene.Pieces);
        _scene.Asked.Clear();
        var more = _scene.Lead(Ledger, $"{Text}, and three more lines");
        var given = _scene.Given;

        (await _files.FetchAsync(more, null, _scene.Pieces)).ShouldBeTrue();

        _scene.Asked[0].ShouldBe(Text.Length);
        (_scene.Given - given).ShouldBe(more.Length - Text.Length);
        _files.Holds(more).ShouldBeTrue();
        _files.Holds(KeptScene.Described(Ledger, Text)).ShouldBeTrue("it counts up to there, and has grown since");
    }

    /// <summary>It led, and wrote lines that nobody took; then another led.</summary>
    [Fact]
    public async Task WhatThisNodeWroteItselfSinceTheLastEntryIsCutOff_AndOnlyTheRestIsFetched()
    {
        var before = _scene.Lead(Ledger, Text);
        await _files.FetchAsync(before, null, _scene.Pieces);
        _scene.Have(Ledger, $"{Text}, and much that it wrote itself, before another took over");
        _files.Forget();
        _scene.Asked.Clear();
        var more = _scene.Lead(Ledger, $"{Text}, and three more lines");

        (await _files.FetchAsync(more, before, _scene.Pieces)).ShouldBeTrue();

        _scene.Asked[0].ShouldBe(Text.Length);
        File.ReadAllText(_scene[Ledger]).ShouldBe($"{Text}, and three more lines");
    }

    [Fact]
    public async Task AFetchThatWasBrokenOffGoesOnWhereItWas()
    {
        var file = _scene.Lead(Ledger, Text);
        _scene.Have(Ledger, "");
        Task<ReadOnlyMemory<byte>?> BreaksOff(KeptFile of, long offset)
        {
            _scene.IsSilent = offset >= 20;
            return _scene.Pieces(of, offset);
        }

        (await _files.FetchAsync(file, null, BreaksOff)).ShouldBeFalse();
        _scene.Asked.ShouldBe([0, 10, 20], "not from the start again: nobody said that it is another ledger");
        _scene.IsSilent = false;
        (await _files.FetchAsync(file, null, _scene.Pieces)).ShouldBeTrue();

        _scene.Asked.ShouldBe([0, 10, 20, 20, 30]);
        _scene.Given.ShouldBe(Text.Length);
    }

    [Theory]
    [InlineData("0123456789ANOTHER")]
    [InlineData("0123456789abcdefghijklmnopqrstuvwxyZ")]
    [InlineData("ANOTHER one, and longer than the leader's is")]
    public async Task ALedgerThatIsAnotherIsFetchedAnew(string old)
    {
        _scene.Have(Ledger, old);
        var file = _scene.Lead(Ledger, Text);
        _files.Holds(file).ShouldBeFalse();

        (await _files.FetchAsync(file, null, _scene.Pieces)).ShouldBeTrue();

        File.ReadAllText(_scene[Ledger]).ShouldBe(Text);
        _files.Holds(file).ShouldBeTrue();
    }

    [Fact]
    public async Task WhatWasHeldAndDeletedOrCutSinceIsNotHeld()
    {
        foreach (var path in (string[])["runs/r/checkpoints/step-00000001.safetensors", Ledger])
        {
            var file = _scene.Lead(path, Text);
            (await _files.FetchAsync(file, null, _scene.Pieces)).ShouldBeTrue();
            File.WriteAllText(_scene[path], Text[..^1]);
            _files.Holds(file).ShouldBeFalse("it is shorter");
            File.Delete(_scene[path]);
            _files.Holds(file).ShouldBeFalse("it was deleted");

            (await _files.FetchAsync(file, null, _scene.Pieces)).ShouldBeTrue();
            _files.Holds(file).ShouldBeTrue();
        }
    }

    [Fact]
    public async Task WhatThisNodeWroteItselfIsReadAgainUnderAnotherLeader()
    {
        var file = _scene.Lead(Ledger, Text);
        await _files.FetchAsync(file, null, _scene.Pieces);
        File.WriteAllText(_scene[Ledger], $"{Text[..10]} other lines, more of them");

        _files.Forget();

        _files.Holds(file).ShouldBeFalse();
        (await _files.FetchAsync(file, null, _scene.Pieces)).ShouldBeTrue();
        File.ReadAllText(_scene[Ledger]).ShouldBe(Text);
    }

    [Fact]
    public async Task AFolderInThePlaceOfAFileIsSaid()
    {
        Directory.CreateDirectory(_scene["data/x.csv"]);
        var file = _scene.Lead("data/x.csv", Text);
        _files.Holds(file).ShouldBeFalse();

        (await Should.ThrowAsync<UserException>(() => _files.FetchAsync(file, null, _scene.Pieces))).ExitCode.ShouldBe(ExitCode.Storage);
        Should.Throw<UserException>(() => _files.Describe(_scene["data/none"])).ExitCode.ShouldBe(ExitCode.Storage);
    }

    [Fact]
    public void AHashGoesAsFarAsItIsAskedFor()
    {
        using var hashes = new PrefixHashes();
        _scene.Have(Ledger, Text);
        foreach (var length in (int[])[0, 5, 10, 36, 7, 36])
        {
            hashes.Of(_scene[Ledger], length).ShouldBe(KeptScene.Described("x", Text[..length]).Sha256);
        }

        hashes.Of(_scene[Ledger], 37).ShouldBeNull("it is not so long");
        File.AppendAllText(_scene[Ledger], "!");
        hashes.Of(_scene[Ledger], 37).ShouldBe(KeptScene.Described("x", $"{Text}!").Sha256);
        File.WriteAllText(_scene[Ledger], $"x{Text}");
        hashes.Forget(_scene[Ledger]);
        hashes.Of(_scene[Ledger], 37).ShouldBe(KeptScene.Described("x", $"x{Text}").Sha256);
    }
}
