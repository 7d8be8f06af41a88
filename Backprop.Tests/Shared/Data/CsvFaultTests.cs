using System.Text;
using Backprop.Shared.Data;
using Backprop.Shared.Primitives;
using Backprop.Tests.TestUtilities;

namespace Backprop.Tests.Shared.Data;

/// <summary>Whatever is wrong with a CSV file, the message names the file, the line and the column, and says what to do.</summary>
public sealed class CsvFaultTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("1,2,0\n3,1\n", "line 2, column 2", "ends after 2 of the 3 columns")]
    [InlineData("1,2,0\n\n3,4,5,1\n", "line 3, column 3", "more than the 3 columns that line 1 has")]
    [InlineData("1,2,0\n3,4,1,\n", "line 2, column 3", "more than the 3 columns")]
    [InlineData("a,b,c\n1,2,0\n3,x y,1\n", "line 3, column 2 (b)", "'x y' is not a number")]
    [InlineData("1,2,0\n,4,1\n", "line 2, column 1", "is empty")]
    [InlineData("1,2,0\n3, ,1\n", "line 2, column 2", "is empty")]
    [InlineData("1,2,0\n3,4,\n", "line 2, column 3", "label is empty")]
    [InlineData("1,2,0\nNaN,4,1\n", "line 2, column 1", "not finite")]
    [InlineData("1,2,0\n3,-Infinity,1\n", "line 2, column 2", "not finite")]
    [InlineData("1,2,0\n3,1e39,1\n", "line 2, column 2", "not finite")]
    [InlineData("1,2,0\n3,4,-1\n", "line 2, column 3", "'-1' is no class")]
    [InlineData("1,2,0\n3,4,1.5\n", "line 2, column 3", "data.targets")]
    [InlineData("1,2,0\n3,4,99999999999\n", "line 2, column 3", "is no class")]
    [InlineData("1,2,0\n\"3,4,1\n5,6,1\n", "line 2, column 1", "never closed")]
    [InlineData("1,2,0\n3,\"4\"x,1\n", "line 2, column 2", "behind the closing quote")]
    [InlineData("\"a\nb\",c,d\n1,2,0\n3,?,1\n", "line 4, column 2 (c)", "'?' is not a number")]
    public void A_bad_cell_is_named_by_line_and_column(string text, string where, string what)
    {
        var path = _folder.Write("bad.csv", text);

        var message = DataError.Of(() => new CsvSource { Path = "bad.csv" }.Load(_folder.Context()));

        message.ShouldStartWith($"{path}, {where}: ");
        message.ShouldContain(what);
    }

    [Theory]
    [InlineData("1,2,0\n3,4,1\n5,6,3\n", 3, "line 3, column 3", "outside the classes 0 to 2")]
    [InlineData("1,2,0\n3,4,one\n", 2, null, null)]
    [InlineData("1,2,0\n3,4,1\n5,6,two\n", 2, "line 3, column 3", "'two' makes 3 classes (0, 1, two) where data.classes states 2")]
    [InlineData("1,2,a\n3,4,b\n5,6,c\n", 2, "line 3, column 3", "'c' makes 3 classes")]
    [InlineData("1,2,a\n3,4,b\n", 3, "", "has 2 different labels (a, b), but data.classes states 3")]
    public void A_label_outside_the_stated_classes_is_refused(string text, int classes, string? where, string? what)
    {
        _folder.Write("bad.csv", text);
        DataSet Load() => new CsvSource { Path = "bad.csv" }.Load(_folder.Context(classes));

        if (where is null)
        {
            Load().ClassNames.ShouldBe(["0", "one"]);
            return;
        }

        var message = DataError.Of(() => Load());
        message.ShouldContain(where);
        message.ShouldContain(what!);
    }

    [Theory]
    [InlineData("", "is empty")]
    [InlineData("\n\r\n\n", "is empty")]
    [InlineData("\uFEFF", "is empty")]
    [InlineData("a,b,label\n", "header but no rows")]
    [InlineData("1\n2\n", "none is left as an input")]
    [InlineData("1;2;0\n3;4;1\n", "is the separator a comma?")]
    public void A_file_without_samples_is_refused(string text, string what)
    {
        var path = _folder.Write("bad.csv", text);

        var source = new CsvSource { Path = path, Header = text.StartsWith('a') ? CsvHeader.True : CsvHeader.Auto };
        var message = DataError.Of(() => source.Load(_folder.Context()));

        message.ShouldStartWith(path);
        message.ShouldContain(what);
    }

    [Fact]
    public void A_label_column_that_is_not_there_brings_the_nearest_one()
    {
        _folder.Write("t.csv", "width,height,species\n1,2,a\n");
        _folder.Write("bare.csv", "1,2,0\n");
        _folder.Write("twice.csv", "y,y,z\n1,2,0\n");
        string Message(string path, string label) => Refused(new CsvSource { Path = path, Label = label });

        Message("t.csv", "specis").ShouldContain("no column 'specis', the label column; did you mean 'species'?");
        Message("t.csv", "answer").ShouldContain("width, height and species");
        Message("bare.csv", "species").ShouldContain("no header");
        Message("twice.csv", "y").ShouldContain("two columns called 'y'");
    }

    [Fact]
    public void Targets_that_are_not_there_or_beside_a_label_are_refused()
    {
        _folder.Write("t.csv", "width,height,area\n1,2,2\n");

        var source = new CsvSource { Path = "t.csv" };

        Refused(source, "aera").ShouldContain("no column 'aera', the target column; did you mean 'area'?");
        Refused(source with { Label = "last" }, "area").ShouldContain("data.targets");
        Refused(source, "area", "width", "height").ShouldContain("none is left");
    }

    [Fact]
    public void What_is_no_text_is_refused()
    {
        byte[][] foreign =
        [
            [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A, 0, 0],
            [0x50, 0x4B, 0x03, 0x04, 0x14, 0x00],
            [0xFF, 0xFE, 0x31, 0x00, 0x2C, 0x00],
            [0, 0, 8, 3, 0, 0, 0, 1],
            [0x28, 0xB5, 0x2F, 0xFD, 0x04, 0x00],
            [0x42, 0x5A, 0x68, 0x39, 0x17, 0x72],
        ];

        foreach (var bytes in foreign)
        {
            var path = _folder.Write("foreign.csv", bytes);
            DataError.Of(() => new CsvSource { Path = path }.Load(_folder.Context())).ShouldStartWith(path);
        }

        _folder.Write("latin.csv", [.. "1,2,"u8, 0xE9, .. "\n3,4,b\n"u8]);
        DataError.Of(() => new CsvSource { Path = "latin.csv" }.Load(_folder.Context())).ShouldContain("UTF-8");
    }

    [Fact]
    public void A_bad_number_in_the_first_row_hints_at_the_header()
    {
        _folder.Write("t.csv", "a,b,c\n1,2,0\n");

        Refused(new CsvSource { Path = "t.csv", Header = CsvHeader.False }).ShouldContain("header: true");
    }

    [Fact]
    public void Cells_and_rows_without_end_are_refused_early()
    {
        _folder.Write("cell.csv", "1,2,0\n3," + new string('4', 200_000) + ",1\n");
        _folder.Write("quote.csv", "1,2,0\n3,\"" + new string('\n', 200_000));
        _folder.Write("label.csv", "1,2,0\n3,4," + new string('x', 300) + "\n");
        _folder.Write("wide.csv", Gzip.Pack(string.Concat(Enumerable.Repeat("1,", 1_100_000)) + "1\n"));

        Refused(new CsvSource { Path = "cell.csv" }).ShouldContain("line 2, column 2: the cell is longer than 64 KiB");
        Refused(new CsvSource { Path = "quote.csv" }).ShouldContain("line 2, column 2: the quoted cell is never closed");
        Refused(new CsvSource { Path = "label.csv" }).ShouldContain("line 2, column 3: the label is longer");
        Refused(new CsvSource { Path = "wide.csv" }).ShouldContain("more than 1048576 columns");
    }

    [Fact]
    public void Control_characters_and_long_texts_do_not_reach_the_message()
    {
        _folder.Write("t.csv", Encoding.UTF8.GetBytes("1,2,0\n\"3\n\t" + new string('z', 500) + "\",4,1\n"));

        var message = DataError.Of(() => new CsvSource { Path = "t.csv" }.Load(_folder.Context()));

        message.Length.ShouldBeLessThan(300);
        message.ShouldContain("'3??zzz");
    }

    [Fact]
    public void Any_damage_to_a_good_file_is_read_or_refused_but_never_crashes()
    {
        var good = Encoding.UTF8.GetBytes("a,\"b\"\"\",c\r\n1,2.5,0\r\n\"3\",4e0,1\r\n5,6,2\r\n");
        var packed = Gzip.Pack(good);
        var read = 0;
        foreach (var original in new[] { good, packed })
        {
            for (var place = 0; place < original.Length; place++)
            {
                foreach (var value in new byte[] { 0, (byte)'"', (byte)',', (byte)'\n', 0xFF, (byte)(original[place] ^ 1) })
                {
                    var damaged = (byte[])original.Clone();
                    damaged[place] = value;
                    _folder.Write("damaged.csv", damaged);
                    try
                    {
                        read += new CsvSource { Path = "damaged.csv" }.Load(_folder.Context()).Count > 0 ? 1 : 0;
                    }
                    catch (UserException exception)
                    {
                        exception.Message.ShouldStartWith(_folder.Path);
                    }
                }
            }
        }

        read.ShouldBeGreaterThan(10);
    }

    private string Refused(CsvSource source, params string[] targets) =>
        DataError.Of(() => source.Load(_folder.Context(null, targets)));
}
