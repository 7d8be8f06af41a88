using System.Security.Cryptography;
using Backprop.Shared.Data;
using Backprop.Shared.Primitives;
using Backprop.Shared.Runs;
using Backprop.Tests.TestUtilities;

namespace Backprop.Tests.Shared.Runs;

public sealed class RunDataTests
{
    private const string Rest = """
        model: [{ linear: { out: 2 } }]
        loss: cross-entropy
        optimizer: { kind: sgd, rate: 0.1 }
        batch: 2
        epochs: 1
        """;

    [Fact]
    public void TheFilesOfBothSourcesAreListedOnceWithSizeAndHash()
    {
        using var folder = new TemporaryFolder();
        var csv = folder.Write("a.csv", "1,0\n2,1\n");
        folder.Write("images", "i");
        folder.Write("labels", "l");
        var run = Parse("data: { train: { kind: csv, path: a.csv }, test: { kind: idx, images: images, labels: labels } }", folder.Path);

        var files = RunData.FilesOf(run);

        files.Select(f => f.Name).ShouldBe(["a.csv", "images", "labels"]);
        files[0].Path.ShouldBe(csv);
        files[0].Size.ShouldBe(8);
        files[0].Sha256.ShouldBe(SHA256.HashData("1,0\n2,1\n"u8));
        run = Parse("data: { train: { kind: csv, path: a.csv }, test: { kind: csv, path: ./a.csv } }", folder.Path);
        RunData.FilesOf(run).Count.ShouldBe(1);
        run = Parse("data: { train: { kind: synthetic, samples: 4, inputs: 2, classes: 2 } }", folder.Path);
        RunData.FilesOf(run).ShouldBeEmpty();
    }

    [Fact]
    public void AtOtherPlaces_TheRunIsTheSame()
    {
        using var folder = new TemporaryFolder();
        const string Data = "data: { train: { kind: csv, path: a.csv, label: first }, test: { kind: idx, images: i, labels: l } }";
        var run = Parse(Data, folder.Path);

        var moved = RunData.At(run, new Dictionary<string, string>
        {
            [Path.Combine(folder.Path, "a.csv")] = "/elsewhere/x.csv",
            [Path.Combine(folder.Path, "l")] = "/elsewhere/l",
        });

        moved.Data.Train.ShouldBe(new CsvSource { Path = "/elsewhere/x.csv", Label = "first" });
        moved.Data.Test.ShouldBe(new IdxSource { Images = "i", Labels = "/elsewhere/l" });
        moved.ToCanonical().ShouldBe(run.ToCanonical());
        run.Data.Train.ShouldBe(new CsvSource { Path = "a.csv", Label = "first" }, "the first run file stays as it was");
    }

    [Fact]
    public void ThePathsSurviveTheResolvedRunFile()
    {
        using var folder = new TemporaryFolder();
        var run = Parse("data: { train: { kind: csv, path: sub/a.csv } }", folder.Path);

        var there = RunFile.Parse(run.ToYaml(), "sent", "", []);

        RunData.PathsOf(there).ShouldBe(RunData.PathsOf(run));
    }

    [Fact]
    public void AMissingFileIsASentence()
    {
        using var folder = new TemporaryFolder();
        var run = Parse("data: { train: { kind: csv, path: gone.csv } }", folder.Path);

        var problem = Should.Throw<UserException>(() => RunData.FilesOf(run));

        problem.ExitCode.ShouldBe(ExitCode.Usage);
        problem.Message.ShouldContain("gone.csv cannot be read: ");
    }

    [Fact]
    public void PiecesAreThoseOfListedFiles_AndNothingElse()
    {
        using var folder = new TemporaryFolder();
        var path = folder.Write("a.csv", "0123456789");
        var listed = new RunDataFile("a.csv", path, 10, SHA256.HashData("0123456789"u8));
        var gone = listed with { Path = Path.Combine(folder.Path, "gone") };
        using var chunks = new FileChunks([listed, gone]);
        var bytes = new byte[4];

        chunks.Read(0, 0, bytes).ShouldBe(4);
        chunks.Read(0, 8, bytes).ShouldBe(2);
        bytes.ShouldBe("8923"u8.ToArray());
        foreach (var (index, offset) in new[] { (0, 10L), (0, -1), (0, long.MaxValue), (-1, 0), (1, 0), (2, 0), (int.MinValue, 0) })
        {
            chunks.Read(index, offset, bytes).ShouldBe(0);
        }
    }

    private static RunFile Parse(string data, string folder) => RunFile.Parse($"{data}\n{Rest}", "run.yaml", folder, []);
}
