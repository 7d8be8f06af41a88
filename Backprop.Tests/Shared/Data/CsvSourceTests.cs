using System.Globalization;
using System.Text;
using Backprop.Shared.Data;
using Backprop.Shared.Data.Files;
using Backprop.Tests.TestUtilities;

namespace Backprop.Tests.Shared.Data;

public sealed class CsvSourceTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("1,2,0\n3,4,1\n")]
    [InlineData("1,2,0\r\n3,4,1\r\n")]
    [InlineData("1,2,0\r3,4,1")]
    [InlineData("a,b,c\n1,2,0\n3,4,1")]
    [InlineData("\uFEFFa,b,c\n1,2,0\n3,4,1\n\n\n")]
    [InlineData("\"a\",\"b,\"\"x\"\"\",\"c\nd\"\n\"1\",\"2\",\"0\"\n3,\"4\",1\n")]
    [InlineData(" 1 ,+2.0,0.0\n\n30e-1,4., 1.000e+00\n")]
    [InlineData("0,1,label\n1,2,0\n3,4,1\n")]
    public void The_same_table_in_many_forms(string text)
    {
        foreach (var path in new[] { _folder.Write("plain.txt", text), _folder.Write("packed.csv", Gzip.Pack(text)) })
        {
            var data = new CsvSource { Path = path }.Load(_folder.Context());

            data.Features.ShouldBe([1, 2, 3, 4]);
            data.Labels.ShouldBe([0, 1]);
            data.ClassNames.ShouldBe(["0", "1"]);
            data.SampleShape.ToString().ShouldBe("[2]");
        }
    }

    [Fact]
    public void The_label_may_stand_first_or_be_named_or_missing()
    {
        _folder.Write("t.csv", "y,a,b\n1,10,20\n0,30,40\n");

        var first = new CsvSource { Path = "t.csv", Label = "first" }.Load(_folder.Context());
        var named = new CsvSource { Path = "t.csv", Label = "a" }.Load(_folder.Context(classes: 31));
        var none = new CsvSource { Path = "t.csv", Label = "none" }.Load(_folder.Context());

        first.Features.ShouldBe([10, 20, 30, 40]);
        first.Labels.ShouldBe([1, 0]);
        named.Features.ShouldBe([1, 20, 0, 40]);
        named.Labels.ShouldBe([10, 30]);
        none.Features.ShouldBe([1, 10, 20, 0, 30, 40]);
        none.Labels.ShouldBeEmpty();
    }

    [Fact]
    public void Names_become_classes_in_ordinal_order_and_make_no_header()
    {
        _folder.Write("iris.csv", "5.1,3.5,setosa\n7.0,3.2,versicolor\n6.3,3.3,Zeta\n4.9,3.0,setosa\n");

        var data = new CsvSource { Path = "iris.csv" }.Load(_folder.Context());

        data.Count.ShouldBe(4);
        data.ClassNames.ShouldBe(["Zeta", "setosa", "versicolor"]);
        data.Labels.ShouldBe([1, 2, 0, 1]);
    }

    [Fact]
    public void Stated_classes_are_all_there_even_where_no_sample_has_them()
    {
        _folder.Write("t.csv", "1,0\n2,1\n");

        new CsvSource { Path = "t.csv" }.Load(_folder.Context(classes: 3)).ClassNames.ShouldBe(["0", "1", "2"]);
    }

    [Fact]
    public void Named_targets_make_a_regression_in_their_order()
    {
        _folder.Write("t.csv", "u,a,v,b\n1,2,3,4\n5,6,7,8\n");

        var data = new CsvSource { Path = "t.csv" }.Load(_folder.Context(null, "v", "u"));

        data.Features.ShouldBe([2, 4, 6, 8]);
        data.TargetValues.ShouldBe([3, 1, 7, 5]);
        data.TargetWidth.ShouldBe(2);
        data.Labels.ShouldBeEmpty();
    }

    [Theory]
    [InlineData(CsvHeader.True, 1)]
    [InlineData(CsvHeader.False, 2)]
    public void A_stated_header_is_believed(CsvHeader header, int rows)
    {
        _folder.Write("t.csv", "1,2,0\n3,4,1\n");

        new CsvSource { Path = "t.csv", Header = header }.Load(_folder.Context()).Count.ShouldBe(rows);
    }

    [Fact]
    public void Numbers_are_rounded_once_like_the_librarys()
    {
        List<string> texts =
        [
            "0", "-0", "-0.0", ".5", "5.", "16777217", "9999999", "0.0000000001", "123.4567", "1e-45", "3.4028235e38",
            "00000000000.1", "0.30000001",
        ];
        for (var i = 0; i < 4000; i++)
        {
            var digits = (i * 7919L * 104729L % 10000000).ToString(CultureInfo.InvariantCulture);
            texts.Add(digits.Insert(i % (digits.Length + 1), "."));
        }

        foreach (var text in texts)
        {
            var valid = CsvText.TryNumber(Encoding.ASCII.GetBytes(text), out var value);

            valid.ShouldBe(float.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var expected), text);
            BitConverter.SingleToInt32Bits(value).ShouldBe(BitConverter.SingleToInt32Bits(expected), text);
        }

        foreach (var text in new[] { "", "-", ".", "-.", "1,5", "1.2.3", "0x10", "1_000", "--1", "e5" })
        {
            CsvText.TryNumber(Encoding.ASCII.GetBytes(text), out _).ShouldBeFalse(text);
        }
    }

    [Fact]
    public void Tables_longer_than_the_buffer_come_back_as_they_were_written()
    {
        for (var seed = 0; seed < 6; seed++)
        {
            var width = 1 + (seed * 37);
            var text = new StringBuilder();
            var expected = new List<float>();
            while (text.Length < 300_000)
            {
                for (var column = 0; column < width; column++)
                {
                    var value = ((expected.Count * 7919) % 100003) / 8f;
                    expected.Add(value);
                    var shown = value.ToString(CultureInfo.InvariantCulture);
                    text.Append(expected.Count % 5 == seed ? $"\"{shown}\"" : shown);
                    text.Append(column < width - 1 ? "," : seed % 2 == 0 ? "\r\n" : "\n");
                }
            }

            _folder.Write("long.csv", seed < 3 ? Gzip.Pack(text.ToString()) : Encoding.UTF8.GetBytes(text.ToString()));
            var data = new CsvSource { Path = "long.csv", Label = "none" }.Load(_folder.Context());

            data.Width.ShouldBe(width);
            data.Features.AsSpan().SequenceEqual(expected.ToArray()).ShouldBeTrue();
        }
    }
}
