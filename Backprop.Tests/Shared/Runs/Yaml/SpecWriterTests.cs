using System.Globalization;

namespace Backprop.Tests.Shared.Runs.Yaml;

public class SpecWriterTests
{
    private const string Everything =
        """
        dish: { soup: { salt: 0.1, topping: { cut-cake: 2 } } }
        menu: [bread, { salad: { a: [[1, 2], []], "b: c": [] } }, { stew: { stew: 3 } }]
        count: 3
        limit: 9000000000
        rate: 1e-300
        small: 0.1
        open: true
        label: "007"
        note: "a: 'b' # c"
        heat: very-high
        table: [[0.1, -0.0], [1e22, 123456789.123456789]]
        row: [0.1, 16777216]
        prices: { tea: 2, "": 3 }
        pan: { size: 24 }
        book: ../b.txt
        side: { share: 0.25 }
        """;

    [Fact]
    public void Everything_that_is_written_reads_back_the_same()
    {
        var text = Kitchen.Read(Everything).Write("/home/run");

        var again = Kitchen.Read(text);

        again.Write("/elsewhere").ShouldBe(text);
        again.SideShare.ShouldBe(0.25);
        again.Book.ShouldBe("/home/b.txt");
        again.Table[0][1].ShouldBe(-0.0);
        double.IsNegative(again.Table[0][1]).ShouldBeTrue();
        again.Dish.ShouldBe(new Soup { Salt = 0.1, Topping = new Cake { Pieces = 2 } });
    }

    [Fact]
    public void Defaults_are_written_and_what_is_nothing_is_not()
    {
        var text = Kitchen.Read("dish: cut-cake").Write();

        text.ShouldStartWith(
            "dish:\n  kind: cut-cake\n  pieces: 8\nmenu: []\ncount: 1\nseed: 1\nrate: 0.5\nsmall: 0.1\nopen: false\n"
            + "label: last\nheat: low\n");
        text.ShouldNotContain("limit");
        text.ShouldNotContain("side");
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
        Kitchen.Read((new Kitchen { Dish = new Bread(), Note = note }).Write()).Note.ShouldBe(note);

    [Fact]
    public void A_long_text_and_a_long_list_read_back_the_same()
    {
        float[] row = [.. Enumerable.Range(0, 5000).Select(i => i / 7f)];
        var kitchen = new Kitchen { Dish = new Bread(), Note = new string('n', 5000) + " x", Row = row };

        var again = Kitchen.Read(kitchen.Write());

        again.Note.ShouldBe(kitchen.Note);
        again.Row.ShouldBe(kitchen.Row);
    }

    [Fact]
    public void The_canonical_text_forgets_order_form_and_paths()
    {
        var one = Kitchen.Read("dish: { kind: soup, salt: 0.10, pepper: 1.0 }\nbook: a.txt\nprices: { a: 1, b: 2 }\ncount: 2").Canonical();
        var other = Kitchen.Read("count: 2\nprices: { b: 2, a: 1 }\nbook: /b.txt\ndish:\n  soup:\n    salt: 1e-1").Canonical();

        one.ShouldBe(other);
        one.ShouldStartWith("{\"count\":2,\"dish\":{\"kind\":soup,\"pepper\":1,\"salt\":0.1},");
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

            var kitchen = Kitchen.Read("{ dish: bread, rate: -0.5, table: [[1.5]] }");

            kitchen.Rate.ShouldBe(-0.5);
            kitchen.Write().ShouldContain("rate: -0.5\n");
        }
        finally
        {
            CultureInfo.CurrentCulture = before;
        }
    }
}
