namespace Backprop.Tests.Shared.Runs.Yaml;

public class SpecBinderTests
{
    [Fact]
    public void Every_kind_of_value_is_read_into_its_setting()
    {
        var settings = EverySetting.Read(
            """
            cell: plain
            rest:
              - lstm: { drop: 0.5 }
              - plain
              - kind: gru-cell
                groups: 4
            count: 3
            limit: 9000000000
            seed: 18446744073709551615
            rate: 1e-3
            small: 0.3
            open: true
            label: 7
            note: "null"
            gain: very-high
            table: [[1, 2.5], [-3, .5]]
            row: [1, 2]
            scales: { plain: 2, lstm: 3.5 }
            pad: { size: 24 }
            """);

        settings.Cell.ShouldBe(new Plain());
        settings.Rest.ShouldBe([new Lstm { Drop = 0.5 }, new Plain(), new GruCell { Groups = 4 }]);
        settings.Count.ShouldBe(3);
        settings.Limit.ShouldBe(9000000000);
        settings.Seed.ShouldBe(ulong.MaxValue);
        settings.Rate.ShouldBe(0.001);
        settings.Small.ShouldBe(0.3f);
        settings.Open.ShouldBeTrue();
        settings.Label.ShouldBe("7");
        settings.Note.ShouldBe("null");
        settings.Gain.ShouldBe(Gain.VeryHigh);
        settings.Table.ShouldBe([[1, 2.5], [-3, 0.5]]);
        settings.Row.ShouldBe([1f, 2f]);
        settings.Scales["lstm"].ShouldBe(3.5);
        settings.Pad.ShouldBe(new Pad { Size = 24 });
    }

    [Fact]
    public void What_is_left_out_keeps_its_default()
    {
        var settings = EverySetting.Read("cell: plain");

        settings.ShouldSatisfyAllConditions(
            s => s.Count.ShouldBe(1),
            s => s.Limit.ShouldBeNull(),
            s => s.Label.ShouldBe("last"),
            s => s.Pad.ShouldBeNull(),
            s => s.Rest.ShouldBeEmpty());
    }

    [Theory]
    [InlineData("cell: gru-cell", 8)]
    [InlineData("cell: { gru-cell: }", 8)]
    [InlineData("cell: { gru-cell: {} }", 8)]
    [InlineData("cell: { gru-cell: 6 }", 6)]
    [InlineData("cell: { gru-cell: { groups: 6 } }", 6)]
    [InlineData("cell: { kind: gru-cell, groups: 6 }", 6)]
    [InlineData("cell: { groups: 6, kind: gru-cell }", 6)]
    [InlineData("cell:\n  gru-cell:\n    groups: 6", 6)]
    public void A_choice_may_be_written_in_every_form(string yaml, int groups) =>
        EverySetting.Read(yaml).Cell.ShouldBe(new GruCell { Groups = groups });

    [Theory]
    [InlineData("cell: { fixed: { a: [[1]], b: [[2, 3]] } }", 2, true)]
    [InlineData("cell: { fixed: { parts: { a: [[1]] }, frozen: false } }", 1, false)]
    [InlineData("cell: { kind: fixed, parts: { a: [[1]] } }", 1, true)]
    public void A_map_by_free_names_may_be_the_only_thing_said(string yaml, int parts, bool frozen)
    {
        var cell = EverySetting.Read(yaml).Cell.ShouldBeOfType<Fixed>();

        cell.Parts.Count.ShouldBe(parts);
        cell.Frozen.ShouldBe(frozen);
    }

    [Fact]
    public void A_record_with_one_setting_may_be_written_as_its_value() =>
        EverySetting.Read("{ cell: plain, pad: 30 }").Pad.ShouldBe(new Pad { Size = 30 });

    [Fact]
    public void A_nested_key_is_told_from_the_choice_beside_it()
    {
        EverySetting.Read("{ cell: plain, skip: { ratio: 0.2 } }").ShouldSatisfyAllConditions(
            s => s.SkipRatio.ShouldBe(0.2), s => s.Skip.ShouldBeNull());
        EverySetting.Read("{ cell: plain, skip: { gru-cell: 2 } }").ShouldSatisfyAllConditions(
            s => s.SkipRatio.ShouldBeNull(), s => s.Skip.ShouldBe(new GruCell { Groups = 2 }));
    }

    [Fact]
    public void A_word_that_is_also_a_truth_value_is_a_word_where_words_are_wanted() =>
        EverySetting.Read("{ cell: plain, gain: true }").Gain.ShouldBe(Gain.True);

    [Theory]
    [InlineData("cell: plain\ncuont: 3", "t.yaml:2:1: unknown key 'cuont'; did you mean 'count'?")]
    [InlineData("cell: plain\nSCALE_S: {}", "t.yaml:2:1: unknown key 'SCALE_S'; did you mean 'scales'?")]
    [InlineData("cell:\n  lstm: { drop: 1, forgt: 2 }", "t.yaml:2:20: unknown key 'forgt' of cell 'lstm'; did you mean 'forget'?")]
    [InlineData("cell: { lstm: { qqqqqq: 1 } }", "t.yaml:1:17: unknown key 'qqqqqq' of cell 'lstm'; known are drop, forget and stacked")]
    [InlineData("cell: { plain: { drop: 1 } }", "t.yaml:1:18: unknown key 'drop' of cell 'plain'; none is known here; leave it out")]
    [InlineData("{ cell: plain, skip.ratio: 0.2 }", "t.yaml:1:16: unknown key 'skip.ratio'; known are cell, rest, count")]
    [InlineData("cell: plan", "t.yaml:1:7: unknown cell 'plan'; did you mean 'plain'?")]
    [InlineData("cell: { lstn: 1 }", "t.yaml:1:9: unknown cell 'lstn'; did you mean 'lstm'?")]
    [InlineData("cell: { kind: grucell }", "t.yaml:1:15: unknown cell 'grucell'; did you mean 'gru-cell'?")]
    [InlineData("cell: xyz", "t.yaml:1:7: unknown cell 'xyz'; known are fixed, gru-cell, leak, lstm and plain")]
    [InlineData("cell: { drop: 1, forget: 2 }", "t.yaml:1:7: 'cell' does not say which cell it is; add 'kind', one of fixed, ")]
    [InlineData("cell: {}", "t.yaml:1:7: 'cell' does not say which cell it is; add 'kind', one of fixed, ")]
    [InlineData("cell:\n  lstm: { drop: 1 }\n  forget: 2",
        "t.yaml:2:3: 'cell' has more keys beside 'lstm'; move them into its settings, as in lstm: { ... }")]
    [InlineData("cell: [plain]", "t.yaml:1:7: 'cell' must be a cell, but is a list; write one of fixed, ")]
    [InlineData("cell:", "t.yaml:1:6: 'cell' has no value; write one")]
    [InlineData("cell: lstm", "t.yaml:1:7: cell 'lstm' needs 'drop'; add it")]
    [InlineData("cell: { lstm: 3 }", "t.yaml:1:15: the settings of 'cell.lstm' must be a map, but are '3'; write lstm: { key: value }")]
    [InlineData("cell: { kind: [lstm] }", "t.yaml:1:15: 'cell.kind' must be a word, but is a list; name a cell")]
    [InlineData("count: 3", "t.yaml:1:1: the run file needs 'cell'; add it")]
    public void A_wrong_key_or_kind_is_named_with_its_place_and_the_way_out(string yaml, string message) =>
        EverySetting.ErrorOf(yaml).ShouldStartWith(message);

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
    [InlineData("gain: hot", "'gain' must be one of low, very-high and true, but is 'hot'; correct it")]
    [InlineData("label: [a]", "'label' must be a text, but is a list; correct it")]
    [InlineData("label: null", "'label' has no value; write one or leave the key out")]
    [InlineData("table: 3", "'table' must be a list, but is '3'; write [ ... ] or lines with '- '")]
    [InlineData("table: [[1], [x]]", "'table.1.0' must be a number, but is 'x'; correct it")]
    [InlineData("table: [1]", "'table.0' must be a list, but is '1'; write [ ... ] or lines with '- '")]
    [InlineData("scales: [1]", "'scales' must be a map, but is a list; write { name: value }")]
    [InlineData("scales: { all: x }", "'scales.all' must be a number, but is 'x'; correct it")]
    [InlineData("pad: { size: big }", "'pad.size' must be a number, but is 'big'; correct it")]
    [InlineData("rest: [lstm]", "cell 'lstm' needs 'drop'; add it")]
    [InlineData("rest: [{ lstm: { drop: x } }]", "'rest.0.drop' must be a number, but is 'x'; correct it")]
    [InlineData("rest: [null]", "'rest.0' must be a cell, but is nothing; write one of fixed, ")]
    [InlineData("file: \"\"", "'file' is empty; name a file")]
    public void A_wrong_value_is_named_with_what_is_wanted(string line, string message)
    {
        var error = EverySetting.ErrorOf($"cell: plain\n{line}");

        error.ShouldStartWith("t.yaml:2:");
        error.ShouldContain(message);
    }

    [Fact]
    public void The_position_of_a_value_is_its_own() => EverySetting.ErrorOf("cell: plain\nrate:   fast").ShouldStartWith("t.yaml:2:9: ");
}
