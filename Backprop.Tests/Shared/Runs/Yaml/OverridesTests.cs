namespace Backprop.Tests.Shared.Runs.Yaml;

public class OverridesTests
{
    [Theory]
    [InlineData("cell: { lstm: { drop: 1, forget: 3 } }", "cell.drop=0.5")]
    [InlineData("cell: { lstm: { drop: 1, forget: 3 } }", "cell.lstm.drop=0.5")]
    [InlineData("cell: { lstm: { drop: 1, forget: 3 } }", "cell.lstm.drop = 0.5")]
    [InlineData("cell: { kind: lstm, drop: 1, forget: 3 }", "cell.drop=0.5")]
    [InlineData("cell: { kind: lstm, drop: 1, forget: 3 }", "cell.lstm.drop=0.5")]
    [InlineData("cell: { kind: lstm, forget: 3 }", "cell.drop=0.5")]
    [InlineData("cell: plain", "cell={ lstm: { drop: 0.5, forget: 3 } }")]
    [InlineData("cell: plain", "cell.lstm={ drop: 0.5, forget: 3 }")]
    public void A_setting_is_found_whichever_way_the_choice_was_written(string yaml, string set) =>
        EverySetting.Read(yaml, set).Cell.ShouldBe(new Lstm { Drop = 0.5, Forget = 3 });

    [Theory]
    [InlineData("cell: plain", "cell=gru-cell")]
    [InlineData("cell: plain", "cell.kind=gru-cell")]
    [InlineData("count: 1", "cell=gru-cell")]
    [InlineData("count: 1", "cell.kind=gru-cell")]
    [InlineData("count: 1", "cell.gru-cell.groups=8")]
    [InlineData("cell: nonsense", "cell.kind=gru-cell")]
    [InlineData("cell: { gru-cell: 3 }", "cell.groups=8")]
    [InlineData("cell: { gru-cell: 3 }", "cell.gru-cell=8")]
    public void A_kind_is_switched_or_added(string yaml, string set) => EverySetting.Read(yaml, set).Cell.ShouldBe(new GruCell());

    [Theory]
    [InlineData("cell.leak=5")]
    [InlineData("cell.leak.leak=5")]
    public void A_setting_named_as_its_kind_is_found(string set)
    {
        EverySetting.Read("cell: leak", set).Cell.ShouldBe(new Leak { Rate = 5 });
        EverySetting.Read("cell: { kind: leak, leak: 2 }", set).Cell.ShouldBe(new Leak { Rate = 5 });
    }

    [Fact]
    public void Sets_apply_in_order_and_add_what_is_absent()
    {
        var settings = EverySetting.Read(
            "cell: plain\nrest: [plain]",
            "rate=2", "rate=3", "scales.all=1.5", "pad.size=3", "rest.0=gru-cell", "rest.0.groups=2", "rest.1.lstm.drop=7", "note=a=b",
            "cell.kind=lstm", "cell.drop=1", "cell.stacked.gru-cell.groups=1", "table=[[1], [2]]", "table.1.0=5");

        settings.Rate.ShouldBe(3);
        settings.Scales["all"].ShouldBe(1.5);
        settings.Pad!.Size.ShouldBe(3);
        settings.Rest.ShouldBe([new GruCell { Groups = 2 }, new Lstm { Drop = 7 }]);
        settings.Note.ShouldBe("a=b");
        settings.Cell.ShouldBe(new Lstm { Drop = 1, Stacked = new GruCell { Groups = 1 } });
        settings.Table.ShouldBe([[1], [5]]);
    }

    [Theory]
    [InlineData("skip: { ratio: 0.5 }", "skip.ratio=0.1")]
    [InlineData("count: 2", "skip.ratio=0.1")]
    [InlineData("skip: { gru-cell: 2 }", "skip=null", "skip.ratio=0.1")]
    [InlineData("skip: { gru-cell: 2 }", "skip={ ratio: 0.1 }")]
    public void A_nested_key_is_set(string line, params string[] sets)
    {
        var settings = EverySetting.Read($"cell: plain\n{line}", sets);

        settings.SkipRatio.ShouldBe(0.1);
        settings.Skip.ShouldBeNull();
    }

    [Theory]
    [InlineData("skip: { gru-cell: 2 }", "skip.ratio=0.1",
        "--set skip.ratio=0.1: 'skip' says something else already ({ gru-cell: 2 }), and")]
    [InlineData("skip: plain", "skip.ratio=0.1",
        "--set skip.ratio=0.1: 'skip' says something else already (plain), and 'ratio' stands alone; ")]
    [InlineData("skip: { ratio: 0.5 }", "skip.groups=3",
        "t.yaml:2:9: 'ratio' stands alone in 'skip', but there is groups too; keep one of them")]
    [InlineData("skip: { kind: gru-cell, ratio: 0.5 }", "count=1", "t.yaml:2:25: 'ratio' stands alone in 'skip', but there is kind too; ")]
    public void A_set_drops_nothing_that_it_does_not_name(string line, string set, string message) =>
        EverySetting.ErrorOf($"cell: plain\n{line}", set).ShouldStartWith(message);

    [Fact]
    public void Null_takes_a_key_out()
    {
        var settings = EverySetting.Read("{ cell: plain, limit: 3, count: 5 }", "limit=null", "count=null", "pad=null");

        settings.Limit.ShouldBeNull();
        settings.Count.ShouldBe(1);
    }

    [Theory]
    [InlineData("rate", "--set rate: this sets nothing; write --set key=value, as in --set optimizer.rate=0.01")]
    [InlineData("=3", "--set =3: this sets nothing; ")]
    [InlineData("pad..size=3", "--set pad..size=3: this sets nothing; ")]
    [InlineData("rate=fast", "--set rate=fast: 'rate' must be a number, but is 'fast'; correct it")]
    [InlineData("count=0", "--set count=0: 'count' cannot be '0': count must be 1 or more")]
    [InlineData("cuont=3", "--set cuont=3: unknown key 'cuont'; did you mean 'count'?")]
    [InlineData("cuont=null", "--set cuont=null: unknown key 'cuont'; did you mean 'count'?")]
    [InlineData("pad.sise=3", "--set pad.sise=3: unknown key 'sise' of 'pad'; did you mean 'size'?")]
    [InlineData("nothing.at.all=3", "--set nothing.at.all=3: unknown key 'nothing'; known are cell, ")]
    [InlineData("cell=null", "--set cell=null: 'cell' has no value; write one")]
    [InlineData("cell.kind=plan", "--set cell.kind=plan: unknown cell 'plan'; did you mean 'plain'?")]
    [InlineData("cell.kind=lstm", "t.yaml:1:25: unknown key 'groups' of cell 'lstm'; known are drop, forget and stacked")]
    [InlineData("cell.drop=1", "--set cell.drop=1: unknown key 'drop' of cell 'gru-cell'; known is groups")]
    [InlineData("cell.lstm.drop=1", "--set cell.lstm.drop=1: 'cell' is not 'lstm' but 'gru-cell'; set cell.kind=lstm too, before this")]
    [InlineData("rest.1=plain", "--set rest.1=plain: 'rest' is a list of 0, in which there is no '1'; count from 0, or add one as 0")]
    [InlineData("rest.last=plain", "--set rest.last=plain: 'rest' is a list of 0, in which there is no 'last'; ")]
    [InlineData("rest.-1=plain", "--set rest.-1=plain: 'rest' is a list of 0, in which there is no '-1'; ")]
    [InlineData("rate.x=1", "--set rate.x=1: 'rate' is '0.5' and has no key 'x'; set 'rate' itself")]
    [InlineData("rate=[1", "--set rate=[1: this is not YAML: ")]
    [InlineData("rate=*a", "--set rate=*a: aliases (*name) are not known here; ")]
    public void An_error_says_the_set_that_made_it(string set, string message) =>
        EverySetting.ErrorOf("cell: { kind: gru-cell, groups: 3 }\nrate: 0.5", set).ShouldStartWith(message);

    [Fact]
    public void A_key_that_is_too_deep_is_not_followed() =>
        EverySetting.ErrorOf("cell: plain", string.Join('.', Enumerable.Repeat("cell", 50_000)) + "=1")
            .ShouldContain("this names a key more than 64 deep");
}
