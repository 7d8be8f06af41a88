namespace Backprop.Tests.Shared.Runs.Yaml;

public class OverridesTests
{
    [Theory]
    [InlineData("dish: { soup: { salt: 1, pepper: 3 } }", "dish.salt=0.5")]
    [InlineData("dish: { soup: { salt: 1, pepper: 3 } }", "dish.soup.salt=0.5")]
    [InlineData("dish: { soup: { salt: 1, pepper: 3 } }", "dish.soup.salt = 0.5")]
    [InlineData("dish: { kind: soup, salt: 1, pepper: 3 }", "dish.salt=0.5")]
    [InlineData("dish: { kind: soup, salt: 1, pepper: 3 }", "dish.soup.salt=0.5")]
    [InlineData("dish: { kind: soup, pepper: 3 }", "dish.salt=0.5")]
    [InlineData("dish: bread", "dish={ soup: { salt: 0.5, pepper: 3 } }")]
    [InlineData("dish: bread", "dish.soup={ salt: 0.5, pepper: 3 }")]
    public void A_setting_is_found_whichever_way_the_choice_was_written(string yaml, string set) =>
        Kitchen.Read(yaml, set).Dish.ShouldBe(new Soup { Salt = 0.5, Pepper = 3 });

    [Theory]
    [InlineData("dish: bread", "dish=cut-cake")]
    [InlineData("dish: bread", "dish.kind=cut-cake")]
    [InlineData("count: 1", "dish=cut-cake")]
    [InlineData("count: 1", "dish.kind=cut-cake")]
    [InlineData("count: 1", "dish.cut-cake.pieces=8")]
    [InlineData("dish: nonsense", "dish.kind=cut-cake")]
    [InlineData("dish: { cut-cake: 3 }", "dish.pieces=8")]
    [InlineData("dish: { cut-cake: 3 }", "dish.cut-cake=8")]
    public void A_kind_is_switched_or_added(string yaml, string set) => Kitchen.Read(yaml, set).Dish.ShouldBe(new Cake());

    [Theory]
    [InlineData("dish.stew=5")]
    [InlineData("dish.stew.stew=5")]
    public void A_setting_named_as_its_kind_is_found(string set)
    {
        Kitchen.Read("dish: stew", set).Dish.ShouldBe(new Stew { Hours = 5 });
        Kitchen.Read("dish: { kind: stew, stew: 2 }", set).Dish.ShouldBe(new Stew { Hours = 5 });
    }

    [Fact]
    public void Sets_apply_in_order_and_add_what_is_absent()
    {
        var kitchen = Kitchen.Read(
            "dish: bread\nmenu: [bread]",
            "rate=2", "rate=3", "prices.tea=1.5", "pan.size=3", "menu.0=cut-cake", "menu.0.pieces=2", "menu.1.soup.salt=7", "note=a=b",
            "dish.kind=soup", "dish.salt=1", "dish.topping.cut-cake.pieces=1", "table=[[1], [2]]", "table.1.0=5");

        kitchen.Rate.ShouldBe(3);
        kitchen.Prices["tea"].ShouldBe(1.5);
        kitchen.Pan!.Size.ShouldBe(3);
        kitchen.Menu.ShouldBe([new Cake { Pieces = 2 }, new Soup { Salt = 7 }]);
        kitchen.Note.ShouldBe("a=b");
        kitchen.Dish.ShouldBe(new Soup { Salt = 1, Topping = new Cake { Pieces = 1 } });
        kitchen.Table.ShouldBe([[1], [5]]);
    }

    [Theory]
    [InlineData("side: { share: 0.5 }", "side.share=0.1")]
    [InlineData("count: 2", "side.share=0.1")]
    [InlineData("side: { cut-cake: 2 }", "side=null", "side.share=0.1")]
    [InlineData("side: { cut-cake: 2 }", "side={ share: 0.1 }")]
    public void A_nested_key_is_set(string line, params string[] sets)
    {
        var kitchen = Kitchen.Read($"dish: bread\n{line}", sets);

        kitchen.SideShare.ShouldBe(0.1);
        kitchen.Side.ShouldBeNull();
    }

    [Theory]
    [InlineData("side: { cut-cake: 2 }", "side.share=0.1",
        "--set side.share=0.1: 'side' says something else already ({ cut-cake: 2 }), and")]
    [InlineData("side: bread", "side.share=0.1",
        "--set side.share=0.1: 'side' says something else already (bread), and 'share' stands alone; ")]
    [InlineData("side: { share: 0.5 }", "side.pieces=3",
        "k.yaml:2:9: 'share' stands alone in 'side', but there is pieces too; keep one of them")]
    [InlineData("side: { kind: cut-cake, share: 0.5 }", "count=1", "k.yaml:2:25: 'share' stands alone in 'side', but there is kind too; ")]
    public void A_set_drops_nothing_that_it_does_not_name(string line, string set, string message) =>
        Kitchen.ErrorOf($"dish: bread\n{line}", set).ShouldStartWith(message);

    [Fact]
    public void Null_takes_a_key_out()
    {
        var kitchen = Kitchen.Read("{ dish: bread, limit: 3, count: 5 }", "limit=null", "count=null", "pan=null");

        kitchen.Limit.ShouldBeNull();
        kitchen.Count.ShouldBe(1);
    }

    [Theory]
    [InlineData("rate", "--set rate: this sets nothing; write --set key=value, as in --set optimizer.rate=0.01")]
    [InlineData("=3", "--set =3: this sets nothing; ")]
    [InlineData("pan..size=3", "--set pan..size=3: this sets nothing; ")]
    [InlineData("rate=fast", "--set rate=fast: 'rate' must be a number, but is 'fast'; correct it")]
    [InlineData("count=0", "--set count=0: 'count' cannot be '0': count must be 1 or more")]
    [InlineData("cuont=3", "--set cuont=3: unknown key 'cuont'; did you mean 'count'?")]
    [InlineData("cuont=null", "--set cuont=null: unknown key 'cuont'; did you mean 'count'?")]
    [InlineData("pan.sise=3", "--set pan.sise=3: unknown key 'sise' of 'pan'; did you mean 'size'?")]
    [InlineData("nothing.at.all=3", "--set nothing.at.all=3: unknown key 'nothing'; known are dish, ")]
    [InlineData("dish=null", "--set dish=null: 'dish' has no value; write one")]
    [InlineData("dish.kind=bred", "--set dish.kind=bred: unknown dish 'bred'; did you mean 'bread'?")]
    [InlineData("dish.kind=soup", "k.yaml:1:25: unknown key 'pieces' of dish 'soup'; known are salt, pepper and topping")]
    [InlineData("dish.salt=1", "--set dish.salt=1: unknown key 'salt' of dish 'cut-cake'; known is pieces")]
    [InlineData("dish.soup.salt=1", "--set dish.soup.salt=1: 'dish' is not 'soup' but 'cut-cake'; set dish.kind=soup too, before this")]
    [InlineData("menu.1=bread", "--set menu.1=bread: 'menu' is a list of 0, in which there is no '1'; count from 0, or add one as 0")]
    [InlineData("menu.last=bread", "--set menu.last=bread: 'menu' is a list of 0, in which there is no 'last'; ")]
    [InlineData("menu.-1=bread", "--set menu.-1=bread: 'menu' is a list of 0, in which there is no '-1'; ")]
    [InlineData("rate.x=1", "--set rate.x=1: 'rate' is '0.5' and has no key 'x'; set 'rate' itself")]
    [InlineData("rate=[1", "--set rate=[1: this is not YAML: ")]
    [InlineData("rate=*a", "--set rate=*a: aliases (*name) are not known here; ")]
    public void An_error_says_the_set_that_made_it(string set, string message) =>
        Kitchen.ErrorOf("dish: { kind: cut-cake, pieces: 3 }\nrate: 0.5", set).ShouldStartWith(message);

    [Fact]
    public void A_key_that_is_too_deep_is_not_followed() =>
        Kitchen.ErrorOf("dish: bread", string.Join('.', Enumerable.Repeat("dish", 50_000)) + "=1")
            .ShouldContain("this names a key more than 64 deep");
}
