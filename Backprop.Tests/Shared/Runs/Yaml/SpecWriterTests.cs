using System.Globalization;

namespace Backprop.Tests.Shared.Runs.Yaml;

public class SpecWriterTests
{
    private const string Everything =
        """
        cell: { lstm: { drop: 0.1, stacked: { gru-cell: 2 } } }
        rest: [plain, { fixed: { a: [[1, 2], []], "b: c": [] } }, { leak: { leak: 3 } }]
        count: 3
        limit: 9000000000
        rate: 1e-300
        small: 0.1
        open: true
        label: "007"
        note: "a: 'b' # c"
        gain: very-high
        table: [[0.1, -0.0], [1e22, 123456789.123456789]]
        row: [0.1, 16777216]
        scales: { all: 2, "": 3 }
        pad: { size: 24 }
        file: ../b.txt
        skip: { ratio: 0.25 }
        """;

    [Fact]
    public void Everything_that_is_written_reads_back_the_same()
    {
        var text = EverySetting.Read(Everything).Write("/home/run");

        var again = EverySetting.Read(text);

        again.Write("/elsewhere").ShouldBe(text);
        again.SkipRatio.ShouldBe(0.25);
        again.File.ShouldBe("/home/b.txt");
        again.Table[0][1].ShouldBe(-0.0);
        double.IsNegative(again.Table[0][1]).ShouldBeTrue();
        again.Cell.ShouldBe(new Lstm { Drop = 0.1, Stacked = new GruCell { Groups = 2 } });
    }

    [Fact]
    public void Defaults_are_written_and_what_is_nothing_is_not()
    {
        var text = EverySetting.Read("cell: gru-cell").Write();

        text.ShouldStartWith(
            "cell:\n  kind: gru-cell\n  groups: 8\nrest: []\ncount: 1\nseed: 1\nrate: 0.5\nsmall: 0.1\nopen: false\n"
            + "label: last\ngain: low\n");
        text.ShouldNotContain("limit");
        text.ShouldNotContain("skip");
    }

    [Theory]
    [InlineData("")]
    [InlineData(" ")]
    [InlineData(" lead and trail ")]
    [InlineData("null")]
    [InlineData("~")]
    [InlineData("true")]
    [InlineData("No")]
    [InlineData("12")]
    [InlineData("1e5")]
    [InlineData(".nan")]
    [InlineData("-")]
    [InlineData("- a")]
    [InlineData("a: b")]
    [InlineData("a #b")]
    [InlineData("#b")]
    [InlineData("*a")]
    [InlineData("C:\\runs\\new")]
    [InlineData("say \"it\"")]
    [InlineData("it's")]
    [InlineData("größe/データ/😀")]
    [InlineData("tab\tline\nend\r")]
    [InlineData("odd \u0085 \u2028 \u2029 \uFEFF \u00A0 \u200B")]
    [InlineData("\uFEFFfirst")]
    public void Every_text_reads_back_the_same(string note) =>
        EverySetting.Read((new EverySetting { Cell = new Plain(), Note = note }).Write()).Note.ShouldBe(note);

    [Fact]
    public void A_long_text_and_a_long_list_read_back_the_same()
    {
        float[] row = [.. Enumerable.Range(0, 5000).Select(i => i / 7f)];
        var settings = new EverySetting { Cell = new Plain(), Note = new string('n', 5000) + " x", Row = row };

        var again = EverySetting.Read(settings.Write());

        again.Note.ShouldBe(settings.Note);
        again.Row.ShouldBe(settings.Row);
    }

    [Fact]
    public void The_canonical_text_forgets_order_form_and_paths()
    {
        var one = EverySetting.Read("cell: { kind: lstm, drop: 0.10, forget: 1.0 }\nfile: a.txt\nscales: { a: 1, b: 2 }\ncount: 2")
            .Canonical();
        var other = EverySetting.Read("count: 2\nscales: { b: 2, a: 1 }\nfile: /b.txt\ncell:\n  lstm:\n    drop: 1e-1").Canonical();

        one.ShouldBe(other);
        one.ShouldStartWith("{\"cell\":{\"drop\":0.1,\"forget\":1,\"kind\":lstm},");
        one.ShouldNotContain("txt");
    }

    [Fact]
    public void Numbers_do_not_depend_on_the_culture()
    {
        var before = CultureInfo.CurrentCulture;
        try
        {
            var comma = (CultureInfo)CultureInfo.InvariantCulture.Clone();
            comma.NumberFormat.NumberDecimalSeparator = ",";
            comma.NumberFormat.NegativeSign = "minus";
            CultureInfo.CurrentCulture = comma;

            var settings = EverySetting.Read("{ cell: plain, rate: -0.5, table: [[1.5]] }");

            settings.Rate.ShouldBe(-0.5);
            settings.Write().ShouldContain("rate: -0.5\n");
        }
        finally
        {
            CultureInfo.CurrentCulture = before;
        }
    }
}
