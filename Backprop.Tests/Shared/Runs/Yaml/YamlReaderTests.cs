using Backprop.Shared.Runs.Yaml;

namespace Backprop.Tests.Shared.Runs.Yaml;

public class YamlReaderTests
{
    [Theory]
    [InlineData("dish: bread\ncount: [1, 2", "k.yaml:")]
    [InlineData("dish: bread\n count: 1\n  rate: 2", "k.yaml:")]
    [InlineData("dish: \"bread", "k.yaml:")]
    [InlineData("dish: 'a' b", "k.yaml:1:")]
    [InlineData("dish: %bread", "k.yaml:1:")]
    [InlineData("{ dish: bread } }", "k.yaml:1:")]
    [InlineData("dish: @x", "k.yaml:1:")]
    [InlineData("note: \"\\q\"", "k.yaml:1:")]
    [InlineData("%YAML 9.9\n---\ndish: bread", "k.yaml:1:")]
    public void What_is_not_YAML_is_said_with_its_place(string yaml, string place)
    {
        var message = Kitchen.ErrorOf(yaml);

        message.ShouldStartWith(place);
        message.ShouldContain(": this is not YAML: ");
        message.ShouldEndWith("; correct it");
    }

    [Theory]
    [InlineData("dish: bread\nrate: 1\ndish: soup", "k.yaml:3:1: the key 'dish' stands here again, first in line 1; keep one")]
    [InlineData("dish: bread\nrate: 1\n? [a]\n: 1", "k.yaml:3:3: a key must be a word, not a list; write 'key: value'")]
    [InlineData("dish: &a bread", "k.yaml:1:7: anchors (&name) are not known here; take it out")]
    [InlineData("dish: *a", "k.yaml:1:7: aliases (*name) are not known here; write the value out")]
    [InlineData("dish: !!str bread", "k.yaml:1:7: tags (!name) are not known here; take it out")]
    [InlineData("dish: bread\n---\ndish: bread", "k.yaml:2:1: a second document starts here; keep one")]
    [InlineData("dish: br\0ead", "k.yaml:1:9: the character U+0000 does not belong in a text file; take it out")]
    [InlineData("dish: \"br\\0ead\"", "k.yaml:1:7: this text has a character that is none; take it out")]
    public void What_a_run_file_does_not_need_is_refused(string yaml, string message) => Kitchen.ErrorOf(yaml).ShouldBe(message);

    [Fact]
    public void Aliases_cannot_blow_a_small_file_up() =>
        Kitchen.ErrorOf("a: &a [x, x, x]\nb: &b [*a, *a, *a]\nc: [*b, *b, *b]").ShouldStartWith("k.yaml:1:4: anchors ");

    [Theory]
    [InlineData("[", 100_000)]
    [InlineData("{a: ", 100_000)]
    [InlineData("- ", 100_000)]
    [InlineData("[", 65)]
    public void Deep_nesting_is_refused_and_not_followed(string opening, int depth) =>
        Kitchen.ErrorOf(string.Concat(Enumerable.Repeat(opening, depth))).ShouldContain("values are nested more than 64 deep");

    [Fact]
    public void More_values_than_a_run_file_has_are_refused() =>
        Kitchen.ErrorOf("row: [" + string.Concat(Enumerable.Repeat("1,", 1_000_001)) + "]")
            .ShouldContain("there are more than 1,000,000 values");

    [Fact]
    public void A_long_foreign_text_is_shortened_in_the_message() =>
        Kitchen.ErrorOf($"dish: {new string('x', 100_000)}").Length.ShouldBeLessThan(300);

    [Fact]
    public void An_empty_text_has_no_document() => YamlReader.Read("# nothing but a comment\n", (_, _) => default).ShouldBeNull();

    [Fact]
    public void Damaged_files_give_a_sentence_or_a_value_and_nothing_else()
    {
        const string Whole =
            """
            dish: { soup: { salt: 0.5, topping: bread } }
            menu:
              - bread
              - kind: cut-cake
                pieces: 4
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
                var root = YamlReader.Read(yaml, (line, column) => new Place("k.yaml", line, column));
                if (root is YamlMap)
                {
                    Kitchen.Read(yaml);
                }
            }
            catch (Backprop.Shared.Primitives.UserException error)
            {
                error.Message.ShouldStartWith("k.yaml:", customMessage: yaml);
                error.Message.ShouldNotContain("\n");
            }
        }
    }
}
