using System.Text.Json;
using Backprop.Shared.Data;
using Backprop.Tests.TestUtilities;

namespace Backprop.Tests.Shared.Data;

/// <summary>
/// Generated files in all their forms, read by us and by an independent reader, Python's csv: the same samples, to the bit. A hundred by
/// seed; a folder of as many as one likes, made by csv_corpus.py, is read where BACKPROP_CSV_CORPUS names it.
/// </summary>
public sealed class CsvCorpusTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Every_file_is_read_as_an_independent_reader_reads_it()
    {
        var corpus = Environment.GetEnvironmentVariable("BACKPROP_CSV_CORPUS") ?? Generate();
        var files = 0;
        foreach (var line in File.ReadLines(Path.Combine(corpus, "expected.jsonl")))
        {
            var expected = JsonDocument.Parse(line).RootElement;
            var name = expected.GetProperty("name").GetString()!;
            var header = expected.GetProperty("header").GetBoolean() ? CsvHeader.True : CsvHeader.False;

            var data = new CsvSource { Path = Path.Combine(corpus, name), Header = header }.Load(_folder.Context());

            var features = expected.GetProperty("features").EnumerateArray().Select(bits => bits.GetUInt32()).ToArray();
            var labels = expected.GetProperty("labels").EnumerateArray().Select(label => label.GetString()!.Trim(' ', '\t')).ToArray();
            data.Labels.Select(label => data.ClassNames[label]).ShouldBe(labels, name);
            data.Features.Select(BitConverter.SingleToUInt32Bits).SequenceEqual(features).ShouldBeTrue(name);
            files++;
        }

        files.ShouldBeGreaterThanOrEqualTo(100);
        TestContext.Current.TestOutputHelper?.WriteLine($"{files} files, none different");
    }

    private string Generate()
    {
        Assert.SkipUnless(Python.IsHere, $"There is no {Python.Path}, whose csv module is the other reader.");
        var script = Repository.PathOf("Backprop.Tests", "Shared", "Data", "csv_corpus.py");
        Python.Run(script, _folder.Path, "--files", "100").ShouldSucceed();
        return _folder.Path;
    }
}
