using Backprop.Shared.Data;
using Backprop.Tests.TestUtilities;

namespace Backprop.Tests.Shared.Data;

/// <summary>Whether line 1 is a header: sure, or asked; and said once.</summary>
public sealed class CsvHeaderTests : IDisposable
{
    private const string Samples = "2.5,7,0\n1,5,1\n";
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("a,b,y\n")]
    [InlineData(",b,y\n")]
    [InlineData("a,?,y\n")]
    [InlineData("a,b,0\n")]
    [InlineData("0,1,label\n")]
    [InlineData("\"a\",\"b\",\"y\"\n")]
    public void Words_name_the_columns(string line)
    {
        var (data, notes) = Load(line + Samples);

        data.Features.ShouldBe([2.5f, 7, 1, 5]);
        notes.ShouldContain($"{_folder.Path}/t.csv: line 1 names the columns");
    }

    [Theory]
    [InlineData("3,4,1\n")]
    [InlineData("0,0,0\n")]
    [InlineData("1990,1.5,1\n")]
    public void Numbers_are_a_sample(string line)
    {
        var (data, notes) = Load($"\n{line}{Samples}");

        data.Count.ShouldBe(3);
        notes.ShouldContain($"{_folder.Path}/t.csv: line 2 is a sample, there is no header");
    }

    [Theory]
    [InlineData("?,2,0\n")]
    [InlineData("NA,2,0\n")]
    [InlineData(",2,0\n")]
    public void A_missing_value_in_line_1_makes_no_header(string line) =>
        Fault(line + Samples).ShouldStartWith($"{_folder.Path}/t.csv, line 1, column 1: ");

    [Theory]
    [InlineData("id,1990,1991,y\n1,2,9,0\n", "it has words and numbers ('id' and '1990')")]
    [InlineData("1,abc,y\n2,3,0\n", "it has words and numbers ('abc' and '1')")]
    [InlineData("1,7,one\n3,4,0\n", "its label 'one' is a word where the next one is a number")]
    [InlineData("0,1,2,3\n5,1,9,0\n", "its numbers count evenly ('0', '1', ...), as names may")]
    [InlineData("1990,1995,2000,0\n5,1,9,0\n", "its numbers count evenly ('1990', '1995', ...), as names may")]
    [InlineData("0,1,2,species\n5.1,3.5,1.4,setosa\n", "its numbers count evenly ('0', '1', ...), as names may")]
    [InlineData("\"7\",\"9\",\"0\"\n5,1,0\n", "its numbers stand in quotes and those of the next one do not")]
    public void What_is_not_sure_is_asked(string text, string why)
    {
        Fault(text).ShouldBe(
            $"{_folder.Path}/t.csv may begin with a header or with a sample: of line 1, {why}; "
            + "say which with header: true or header: false beside its path.");
        Load(text, CsvHeader.True).Notes.ShouldNotContain(note => note.Contains("line 1"), "it was said");
    }

    [Fact]
    public void Rows_that_all_count_are_samples() => Load("1,2,3,0\n4,5,6,1\n").Data.Count.ShouldBe(2);

    [Fact]
    public void Names_that_are_known_are_found_whatever_they_look_like()
    {
        _folder.Write("t.csv", "1990,1991,1992,y\n5,1,9,0\n");

        new CsvSource { Path = "t.csv", Label = "y" }.Load(_folder.Context()).Features.ShouldBe([5, 1, 9]);
    }

    [Theory]
    [InlineData("1,5;0\n2,3;1\n", "line 1, column 2: the label '5;0' is several numbers; is ';' the separator")]
    [InlineData("1,5\t0\n2,3\t1\n", "line 1, column 2: the label '5?0' is several numbers")]
    public void A_table_with_another_separator_makes_no_classes(string text, string message) =>
        Fault(text).ShouldContain(message);

    private (DataSet Data, List<string> Notes) Load(string text, CsvHeader header = CsvHeader.Auto)
    {
        _folder.Write("t.csv", text);
        var notes = new DataNotes();
        var data = new CsvSource { Path = "t.csv", Header = header }.Load(_folder.Context() with { Notes = notes });
        return (data, [.. notes.All.Select(note => note.Text)]);
    }

    private string Fault(string text) => DataError.Of(() => Load(text));
}
