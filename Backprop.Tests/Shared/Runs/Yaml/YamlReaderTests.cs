using Backprop.Shared.Runs.Yaml;

namespace Backprop.Tests.Shared.Runs.Yaml;

public class YamlReaderTests
{
    [Theory]
    [InlineData("cell: plain\ncount: [1, 2", "t.yaml:")]
    [InlineData("cell: plain\n count: 1\n  rate: 2", "t.yaml:")]
    [InlineData("cell: \"plain", "t.yaml:")]
    [InlineData("cell: 'a' b", "t.yaml:1:")]
    [InlineData("cell: %plain", "t.yaml:1:")]
    [InlineData("{ cell: plain } }", "t.yaml:1:")]
    [InlineData("cell: @x", "t.yaml:1:")]
    [InlineData("note: \"\\q\"", "t.yaml:1:")]
    [InlineData("%YAML 9.9\n---\ncell: plain", "t.yaml:1:")]
    public void What_is_not_YAML_is_said_with_its_place(string yaml, string place)
    {
        var message = EverySetting.ErrorOf(yaml);

        message.ShouldStartWith(place);
        message.ShouldContain(": this is not YAML: ");
        message.ShouldEndWith("; correct it");
    }

    [Theory]
    [InlineData("cell: plain\nrate: 1\ncell: lstm", "t.yaml:3:1: the key 'cell' stands here again, first in line 1; keep one")]
    [InlineData("cell: plain\nrate: 1\n? [a]\n: 1", "t.yaml:3:3: a key must be a word, not a list; write 'key: value'")]
    [InlineData("cell: &a plain", "t.yaml:1:7: anchors (&name) are not known here; take it out")]
    [InlineData("cell: *a", "t.yaml:1:7: aliases (*name) are not known here; write the value out")]
    [InlineData("cell: !!str plain", "t.yaml:1:7: tags (!name) are not known here; take it out")]
    [InlineData("cell: plain\n---\ncell: plain", "t.yaml:2:1: a second document starts here; keep one")]
    [InlineData("cell: pl\0ain", "t.yaml:1:9: the character U+0000 does not belong in a text file; take it out")]
    [InlineData("cell: \"pl\\0ain\"", "t.yaml:1:7: this text has a character that is none; take it out")]
    public void What_a_run_file_does_not_need_is_refused(string yaml, string message) => EverySetting.ErrorOf(yaml).ShouldBe(message);

    [Fact]
    public void Aliases_cannot_blow_a_small_file_up() =>
        EverySetting.ErrorOf("a: &a [x, x, x]\nb: &b [*a, *a, *a]\nc: [*b, *b, *b]").ShouldStartWith("t.yaml:1:4: anchors ");

    [Theory]
    [InlineData("[", 100_000)]
    [InlineData("{a: ", 100_000)]
    [InlineData("- ", 100_000)]
    [InlineData("[", 65)]
    public void Deep_nesting_is_refused_and_not_followed(string opening, int depth) =>
        EverySetting.ErrorOf(string.Concat(Enumerable.Repeat(opening, depth))).ShouldContain("values are nested more than 64 deep");

    [Fact]
    public void More_values_than_a_run_file_has_are_refused() =>
        EverySetting.ErrorOf("row: [" + string.Concat(Enumerable.Repeat("1,", 1_000_001)) + "]")
            .ShouldContain("there are more than 1,000,000 values");

    [Fact]
    public void A_long_foreign_text_is_shortened_in_the_message() =>
        EverySetting.ErrorOf($"cell: {new string('x', 100_000)}").Length.ShouldBeLessThan(300);

    [Fact]
    public void An_empty_text_has_no_document() => YamlReader.Read("# nothing but a comment\n", (_, _) => default).ShouldBeNull();

    [Fact]
    public void Damaged_files_give_a_sentence_or_a_value_and_nothing_else()
    {
        const string Whole =
            """
            cell: { lstm: { drop: 0.5, stacked: plain } }
            rest:
              - plain
              - kind: gru-cell
                groups: 4
            note: "a\tb\u0041"
            table: [[1, 2], [3]]
            """;
        const string Spice = "{}[]:,-?&*!|>'\"%@`#\\ \n\tx0~<=";
        var random = new Backprop.Shared.Primitives.CounterRandom(7, Backprop.Shared.Primitives.RandomPurpose.Synthetic);
        for (var trial = 0UL; trial < 3000; trial++)
        {
            var text = Whole.ToCharArray().ToList();
            for (var change = 0UL; change < 1 + (trial % 4); change++)
            {
                var at = (int)random.Below((ulong)text.Count, trial, change * 3);
                var letter = Spice[(int)random.Below((ulong)Spice.Length, trial, (change * 3) + 1)];
                switch (random.Below(3, trial, (change * 3) + 2))
                {
                    case 0:
                        text[at] = letter;
                        break;
                    case 1:
                        text.Insert(at, letter);
                        break;
                    default:
                        text.RemoveAt(at);
                        break;
                }
            }

            var yaml = string.Concat(text);
            try
            {
                var root = YamlReader.Read(yaml, (line, column) => new Place("t.yaml", line, column));
                if (root is YamlMap)
                {
                    EverySetting.Read(yaml);
                }
            }
            catch (Backprop.Shared.Primitives.UserException error)
            {
                error.Message.ShouldStartWith("t.yaml:", customMessage: yaml);
                error.Message.ShouldNotContain("\n");
            }
        }
    }
}
