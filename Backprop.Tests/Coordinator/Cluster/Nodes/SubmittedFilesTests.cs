using System.Security.Cryptography;
using Backprop.Coordinator.Cluster.Nodes;
using Backprop.Shared.Primitives;
using Backprop.Shared.Protocol;
using Backprop.Tests.TestUtilities;
using Backprop.Worker.Protocol;
using Google.Protobuf;

namespace Backprop.Tests.Coordinator.Cluster.Nodes;

/// <summary>A data file that was submitted is kept when it is whole and what was promised, and only then.</summary>
public sealed class SubmittedFilesTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly byte[] _content = [1, 2, 3, 4, 5];

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void AFileThatIsThereIsNotAskedForAgain()
    {
        var files = new SubmittedFiles(_folder["data"]);
        var file = FileOf(_content);
        files.Missing([file, file]).ShouldBe([file]);

        using (var incoming = files.Begin(file))
        {
            incoming.Take(Part(file, 0, _content[..2]));
            incoming.IsWhole.ShouldBeFalse();
            incoming.Take(Part(file, 2, _content[2..]));
            incoming.IsWhole.ShouldBeTrue();
            incoming.Keep();
        }

        files.Missing([file]).ShouldBeEmpty();
        File.ReadAllBytes(files.PathOf(SubmittedFiles.Kept(file))).ShouldBe(_content);
    }

    [Fact]
    public void TheSameBytesUnderTwoNamesAreTwoFiles()
    {
        var (one, other) = (FileOf(_content), FileOf(_content));
        (other.Name, other.Path) = ("y.csv", "/y.csv");

        new SubmittedFiles(_folder["data"]).Missing([one, other, one]).ShouldBe([one, other]);
    }

    [Fact]
    public void ASubmissionThatNamesAFileTwiceIsRefused_AndANameThatIsNoFoldersToo()
    {
        var file = FileOf(_content);
        var submission = new Submission { Id = "x", Name = "x", RunFile = "", Files = { file, file } };
        Should.Throw<UserException>(() => SubmissionCheck.Require(submission)).Message.ShouldContain("twice");

        submission.Name = new string('\u4e2d', 100);
        Should.Throw<UserException>(() => SubmissionCheck.Require(submission)).Message.ShouldContain("no name for a run");
    }

    [Fact]
    public void OnlyTheNextPieceIsTaken()
    {
        var file = FileOf(_content);
        using var incoming = new SubmittedFiles(_folder["data"]).Begin(file);
        FilePart[] wrong = [Part(file, 1, [1]), Part(FileOf([9]), 0, [1]), Part(file, 0, [1, 2, 3, 4, 5, 6]), Part(file, 0, [])];

        wrong.ShouldAllBe(part => Should.Throw<UserException>(() => incoming.Take(part)).ExitCode == ExitCode.Usage);
    }

    [Fact]
    public void AFileThatIsAnotherIsNotKept()
    {
        var files = new SubmittedFiles(_folder["data"]);
        var file = FileOf(_content);
        using (var incoming = files.Begin(file))
        {
            incoming.Take(Part(file, 0, [5, 4, 3, 2, 1]));
            Should.Throw<UserException>(incoming.Keep).ExitCode.ShouldBe(ExitCode.Mismatch);
        }

        files.Missing([file]).ShouldBe([file]);
        Directory.GetFiles(_folder["data"]).ShouldBeEmpty();
    }

    [Fact]
    public void AFileThatIsDamagedAfterItCame_IsSaid_AndAskedForAgain()
    {
        var files = new SubmittedFiles(_folder["data"]);
        var file = FileOf(_content);
        var kept = SubmittedFiles.Kept(file);
        using (var incoming = files.Begin(file))
        {
            incoming.Take(Part(file, 0, _content));
            incoming.Keep();
        }

        files.RequireWhole([kept]);
        File.WriteAllBytes(files.PathOf(kept), [1, 2, 3, 4, 6]);

        var damaged = Should.Throw<UserException>(() => files.RequireWhole([kept]));
        damaged.ExitCode.ShouldBe(ExitCode.Storage);
        damaged.Message.ShouldContain("x.csv");
        damaged.Message.ShouldContain("other bytes than were submitted");
        files.Missing([file]).ShouldBe([file]);
        Should.Throw<UserException>(() => files.RequireWhole([kept])).ExitCode.ShouldBe(ExitCode.Storage);
    }

    [Theory]
    [InlineData(31, 5)]
    [InlineData(32, -1)]
    [InlineData(32, (16L << 30) + 1)]
    public void AFileThatCannotBeOneIsRefused(int hashBytes, long size)
    {
        var file = new DataFile { Name = "x", Size = size, Sha256 = ByteString.CopyFrom(new byte[hashBytes]) };

        Should.Throw<UserException>(() => new SubmittedFiles(_folder["data"]).Missing([file])).ExitCode.ShouldBe(ExitCode.Usage);
    }

    [Fact]
    public void ANameThatLeadsElsewhereStaysInTheFolder()
    {
        var files = new SubmittedFiles(_folder["data"]);

        var file = new DataFile { Name = "../../etc/passwd", Sha256 = ByteString.CopyFrom(new byte[32]) };

        Path.GetDirectoryName(files.PathOf(SubmittedFiles.Kept(file))).ShouldBe(_folder["data"]);
    }

    private static DataFile FileOf(byte[] content) =>
        new() { Name = "x.csv", Path = "/x.csv", Size = content.Length, Sha256 = ByteString.CopyFrom(SHA256.HashData(content)) };

    private static FilePart Part(DataFile file, long offset, byte[] bytes) =>
        new() { Sha256 = file.Sha256, Offset = offset, Bytes = ByteString.CopyFrom(bytes) };
}
