using Backprop.Shared.Runs;

namespace Backprop.Tests.Shared.Runs;

public class RunIdentityTests
{
    [Theory]
    [InlineData("name=other")]
    [InlineData("epochs=60")]
    [InlineData("data.train.path=/mnt/d.csv")]
    [InlineData("evaluate.everySteps=7", "evaluate.metrics=[accuracy]")]
    [InlineData("checkpoint.everySteps=7")]
    [InlineData("seed=1", "shards=8", "schedule=constant", "init=default", "optimizer.rate=1e-1",
        "model.1={ kind: linear, out: 3, bias: true }")]
    public void What_does_not_change_the_weights_is_no_part_of_the_identity(params string[] sets) =>
        Identity(Examples.Parse(Examples.Short, sets)).ShouldBe(Identity(Examples.Parse(Examples.Short)));

    [Theory]
    [InlineData("seed=2")]
    [InlineData("batch=5")]
    [InlineData("shards=4")]
    [InlineData("optimizer.rate=0.10000000000000002")]
    [InlineData("optimizer.kind=momentum")]
    [InlineData("loss=cross-entropy")]
    [InlineData("model.0=tanh")]
    [InlineData("model.2=relu")]
    [InlineData("init=zeros")]
    [InlineData("clip.norm=1")]
    [InlineData("schedule.exponential.decay=0.5")]
    [InlineData("data.test.fraction=0.5")]
    [InlineData("data.scale.divide=2")]
    public void What_changes_the_weights_is_part_of_the_identity(string set) =>
        Identity(Examples.Parse(Examples.Short, set)).ShouldNotBe(Identity(Examples.Parse(Examples.Short)));

    [Fact]
    public void The_length_belongs_to_the_identity_where_the_schedule_depends_on_it() =>
        Identity(Examples.Parse(Examples.Short, "schedule=cosine", "epochs=3"))
            .ShouldNotBe(Identity(Examples.Parse(Examples.Short, "schedule=cosine")));

    [Fact]
    public void The_data_and_the_first_weights_belong_to_the_identity()
    {
        var run = Examples.Parse(Examples.Short);

        string[] identities =
        [
            RunIdentity.Compute(run, [1, 2], [3]), RunIdentity.Compute(run, [1], [2, 3]), RunIdentity.Compute(run, [1, 2, 3], []),
            RunIdentity.Compute(run, [], [1, 2, 3]), RunIdentity.Compute(run, [1, 2], [4]),
        ];

        identities.ShouldBeUnique();
        identities.ShouldAllBe(identity => identity.Length == 64 && identity.All(c => char.IsAsciiDigit(c) || (c >= 'a' && c <= 'f')));
    }

    [Fact]
    public void The_canonical_text_of_a_run_is_known() => Examples.Parse(Examples.Short).ToCanonical().ShouldBe(
        "{\"batch\":4,\"data\":{\"targets\":[],\"train\":{\"header\":auto,\"kind\":csv}},\"loss\":{\"kind\":mse},"
        + "\"model\":[{\"kind\":relu},{\"bias\":true,\"kind\":linear,\"out\":3}],"
        + "\"optimizer\":{\"kind\":sgd,\"rate\":0.1,\"weightDecay\":0},"
        + "\"schedule\":{\"kind\":constant},\"seed\":1,\"shards\":8}");

    private static string Identity(RunFile run) => RunIdentity.Compute(run, [1, 2, 3], []);
}
