namespace Backprop.Tests.Shared.Runs.Yaml;

public class SpecBinderTests
{
    [Fact]
    public void Every_kind_of_value_is_read_into_its_setting()
    {
        var kitchen = Kitchen.Read(
            """
            dish: bread
            menu:
              - soup: { salt: 0.5 }
              - bread
              - kind: cut-cake
                pieces: 4
            count: 3
            limit: 9000000000
            seed: 18446744073709551615
            rate: 1e-3
            small: 0.3
            open: true
            label: 7
            note: "null"
            heat: very-high
            table: [[1, 2.5], [-3, .5]]
            row: [1, 2]
            prices: { bread: 2, soup: 3.5 }
            pan: { size: 24 }
            """);

        kitchen.Dish.ShouldBe(new Bread());
        kitchen.Menu.ShouldBe([new Soup { Salt = 0.5 }, new Bread(), new Cake { Pieces = 4 }]);
        kitchen.Count.ShouldBe(3);
        kitchen.Limit.ShouldBe(9000000000);
        kitchen.Seed.ShouldBe(ulong.MaxValue);
        kitchen.Rate.ShouldBe(0.001);
        kitchen.Small.ShouldBe(0.3f);
        kitchen.Open.ShouldBeTrue();
        kitchen.Label.ShouldBe("7");
        kitchen.Note.ShouldBe("null");
        kitchen.Heat.ShouldBe(Heat.VeryHigh);
        kitchen.Table.ShouldBe([[1, 2.5], [-3, 0.5]]);
        kitchen.Row.ShouldBe([1f, 2f]);
        kitchen.Prices["soup"].ShouldBe(3.5);
        kitchen.Pan.ShouldBe(new Pan { Size = 24 });
    }

    [Fact]
    public void What_is_left_out_keeps_its_default()
    {
        var kitchen = Kitchen.Read("dish: bread");

        kitchen.ShouldSatisfyAllConditions(
            k => k.Count.ShouldBe(1),
            k => k.Limit.ShouldBeNull(),
            k => k.Label.ShouldBe("last"),
            k => k.Pan.ShouldBeNull(),
            k => k.Menu.ShouldBeEmpty());
    }

    [Theory]
    [InlineData("dish: cut-cake", 8)]
    [InlineData("dish: { cut-cake: }", 8)]
    [InlineData("dish: { cut-cake: {} }", 8)]
    [InlineData("dish: { cut-cake: 6 }", 6)]
    [InlineData("dish: { cut-cake: { pieces: 6 } }", 6)]
    [InlineData("dish: { kind: cut-cake, pieces: 6 }", 6)]
    [InlineData("dish: { pieces: 6, kind: cut-cake }", 6)]
    [InlineData("dish:\n  cut-cake:\n    pieces: 6", 6)]
    public void A_choice_may_be_written_in_every_form(string yaml, int pieces) =>
        Kitchen.Read(yaml).Dish.ShouldBe(new Cake { Pieces = pieces });

    [Theory]
    [InlineData("dish: { salad: { a: [[1]], b: [[2, 3]] } }", 2, true)]
    [InlineData("dish: { salad: { parts: { a: [[1]] }, washed: false } }", 1, false)]
    [InlineData("dish: { kind: salad, parts: { a: [[1]] } }", 1, true)]
    public void A_map_by_free_names_may_be_the_only_thing_said(string yaml, int parts, bool washed)
    {
        var salad = Kitchen.Read(yaml).Dish.ShouldBeOfType<Salad>();

        salad.Parts.Count.ShouldBe(parts);
        salad.Washed.ShouldBe(washed);
    }

    [Fact]
    public void A_record_with_one_setting_may_be_written_as_its_value() =>
        Kitchen.Read("{ dish: bread, pan: 30 }").Pan.ShouldBe(new Pan { Size = 30 });

    [Fact]
    public void A_nested_key_is_told_from_the_choice_beside_it()
    {
        Kitchen.Read("{ dish: bread, side: { share: 0.2 } }").ShouldSatisfyAllConditions(
            k => k.SideShare.ShouldBe(0.2), k => k.Side.ShouldBeNull());
        Kitchen.Read("{ dish: bread, side: { cut-cake: 2 } }").ShouldSatisfyAllConditions(
            k => k.SideShare.ShouldBeNull(), k => k.Side.ShouldBe(new Cake { Pieces = 2 }));
    }

    [Fact]
    public void A_word_that_is_also_a_truth_value_is_a_word_where_words_are_wanted() =>
        Kitchen.Read("{ dish: bread, heat: true }").Heat.ShouldBe(Heat.True);

    [Theory]
    [InlineData("dish: bread\ncuont: 3", "k.yaml:2:1: unknown key 'cuont'; did you mean 'count'?")]
    [InlineData("dish: bread\nPRICE_S: {}", "k.yaml:2:1: unknown key 'PRICE_S'; did you mean 'prices'?")]
    [InlineData("dish:\n  soup: { salt: 1, peper: 2 }", "k.yaml:2:20: unknown key 'peper' of dish 'soup'; did you mean 'pepper'?")]
    [InlineData("dish: { soup: { qqqqqq: 1 } }", "k.yaml:1:17: unknown key 'qqqqqq' of dish 'soup'; known are salt, pepper and topping")]
    [InlineData("dish: { bread: { salt: 1 } }", "k.yaml:1:18: unknown key 'salt' of dish 'bread'; none is known here; leave it out")]
    [InlineData("{ dish: bread, side.share: 0.2 }", "k.yaml:1:16: unknown key 'side.share'; known are dish, menu, count")]
    [InlineData("dish: bred", "k.yaml:1:7: unknown dish 'bred'; did you mean 'bread'?")]
    [InlineData("dish: { soop: 1 }", "k.yaml:1:9: unknown dish 'soop'; did you mean 'soup'?")]
    [InlineData("dish: { kind: cutcake }", "k.yaml:1:15: unknown dish 'cutcake'; did you mean 'cut-cake'?")]
    [InlineData("dish: xyz", "k.yaml:1:7: unknown dish 'xyz'; known are bread, cut-cake, salad, soup and stew")]
    [InlineData("dish: { salt: 1, pepper: 2 }", "k.yaml:1:7: 'dish' does not say which dish it is; add 'kind', one of bread, ")]
    [InlineData("dish: {}", "k.yaml:1:7: 'dish' does not say which dish it is; add 'kind', one of bread, ")]
    [InlineData("dish:\n  soup: { salt: 1 }\n  pepper: 2",
        "k.yaml:2:3: 'dish' has more keys beside 'soup'; move them into its settings, as in soup: { ... }")]
    [InlineData("dish: [bread]", "k.yaml:1:7: 'dish' must be a dish, but is a list; write one of bread, ")]
    [InlineData("dish:", "k.yaml:1:6: 'dish' has no value; write one")]
    [InlineData("dish: soup", "k.yaml:1:7: dish 'soup' needs 'salt'; add it")]
    [InlineData("dish: { soup: 3 }", "k.yaml:1:15: the settings of 'dish.soup' must be a map, but are '3'; write soup: { key: value }")]
    [InlineData("dish: { kind: [soup] }", "k.yaml:1:15: 'dish.kind' must be a word, but is a list; name a dish")]
    [InlineData("count: 3", "k.yaml:1:1: the run file needs 'dish'; add it")]
    public void A_wrong_key_or_kind_is_named_with_its_place_and_the_way_out(string yaml, string message) =>
        Kitchen.ErrorOf(yaml).ShouldStartWith(message);

    [Theory]
    [InlineData("count: many", "'count' must be a whole number, but is 'many'; correct it")]
    [InlineData("count: 1.5", "'count' must be a whole number, but is '1.5'; correct it")]
    [InlineData("count: 0x10", "'count' must be a whole number, but is '0x10'; correct it")]
    [InlineData("count: \"3\"", "'count' must be a whole number, but is the text '3'; take the quotes away")]
    [InlineData("count: 99999999999", "'count' must be a whole number from -2147483648 to 2147483647, but is '99999999999'; correct it")]
    [InlineData("count: 0", "'count' cannot be '0': count must be 1 or more")]
    [InlineData("count: [1]", "'count' must be a whole number, but is a list; correct it")]
    [InlineData("count: ", "'count' has no value; write one or leave the key out")]
    [InlineData("count: ~", "'count' has no value; write one or leave the key out")]
    [InlineData("seed: -1", "'seed' must be a whole number from 0 to 18446744073709551615, but is '-1'; correct it")]
    [InlineData("rate: fast", "'rate' must be a number, but is 'fast'; correct it")]
    [InlineData("rate: 0,5", "'rate' must be a number, but is '0,5'; correct it")]
    [InlineData("rate: NaN", "'rate' must be a finite number, but is 'NaN'; correct it")]
    [InlineData("rate: .nan", "'rate' must be a number, but is '.nan'; correct it")]
    [InlineData("rate: -Infinity", "'rate' must be a finite number, but is '-Infinity'; correct it")]
    [InlineData("rate: 1e999", "'rate' must be a finite number, but is '1e999'; correct it")]
    [InlineData("small: 1e39", "'small' must be a finite number, but is '1e39'; correct it")]
    [InlineData("open: yes", "'open' must be true or false, but is 'yes'; correct it")]
    [InlineData("heat: hot", "'heat' must be one of low, very-high and true, but is 'hot'; correct it")]
    [InlineData("label: [a]", "'label' must be a text, but is a list; correct it")]
    [InlineData("label: null", "'label' has no value; write one or leave the key out")]
    [InlineData("table: 3", "'table' must be a list, but is '3'; write [ ... ] or lines with '- '")]
    [InlineData("table: [[1], [x]]", "'table.1.0' must be a number, but is 'x'; correct it")]
    [InlineData("table: [1]", "'table.0' must be a list, but is '1'; write [ ... ] or lines with '- '")]
    [InlineData("prices: [1]", "'prices' must be a map, but is a list; write { name: value }")]
    [InlineData("prices: { tea: x }", "'prices.tea' must be a number, but is 'x'; correct it")]
    [InlineData("pan: { size: big }", "'pan.size' must be a number, but is 'big'; correct it")]
    [InlineData("menu: [soup]", "dish 'soup' needs 'salt'; add it")]
    [InlineData("menu: [{ soup: { salt: x } }]", "'menu.0.salt' must be a number, but is 'x'; correct it")]
    [InlineData("menu: [null]", "'menu.0' must be a dish, but is nothing; write one of bread, ")]
    [InlineData("book: \"\"", "'book' is empty; name a file")]
    public void A_wrong_value_is_named_with_what_is_wanted(string line, string message)
    {
        var error = Kitchen.ErrorOf($"dish: bread\n{line}");

        error.ShouldStartWith("k.yaml:2:");
        error.ShouldContain(message);
    }

    [Fact]
    public void The_position_of_a_value_is_its_own() => Kitchen.ErrorOf("dish: bread\nrate:   fast").ShouldStartWith("k.yaml:2:9: ");
}
