using Backprop.Shared.Runs;
using Backprop.Tests.TestUtilities;

namespace Backprop.Tests.Shared.Runs;

/// <summary>What fits by accident is said before the training; what is as it should be is not.</summary>
public sealed class DoubtsTests : IDisposable
{
    private const string Clean = "a,b,y\n1,2,0\n3,1,1\n5,6,1\n2,2,0\n4,4,1\n1,9,0\n";
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_run_without_mistakes_has_none() => Doubts(Clean).ShouldBeEmpty();

    [Theory]
    [InlineData("a,y\n1,1\n2,2\n3,1\n5,2\n", 3,
        "the labels of data.train begin at 1, so class 0 has no sample; if there is no such class, number them from 0")]
    [InlineData("a,y\n1,0\n2,3\n3,0\n5,3\n", 4, "2 classes of 4 have no sample in data.train: 1, 2")]
    [InlineData("a,y\n1,1\n2,1\n3,1\n5,1\n", 2, "all samples of data.train are of one class, '1': there is nothing to tell apart")]
    [InlineData("a,y\n1,0\n2,1\n3,NA\n5,1\n", 3,
        "the labels of data.train are numbers (0, 1) and words (NA, in 1 sample); if a word stands for a missing label, "
        + "leave its rows out")]
    [InlineData("a,y\n1,red\n2,blue\n3,NA\n5,red\n", 3,
        "'NA' is a class of data.train, of 1 sample; if it stands for a missing label, leave its rows out")]
    [InlineData("a,y\n1,red\n2,blue\n3,RED\n5,red\n", 3,
        "'RED' and 'red' are classes of their own in data.train; if they are one, write them alike")]
    [InlineData("a,b,c,y\n1,7,4,0\n2,7,4,1\n3,7,4,1\n5,7,4,0\n", 2, "2 of 3 inputs are the same in all samples of data.train: b, c")]
    [InlineData("a,b,y\n1,7,0\n2,7,1\n3,7,1\n5,7,0\n", 2, "input b is the same in all samples of data.train")]
    public void Labels_and_columns_that_look_like_a_mistake_are_named(string text, int outputs, string doubt) =>
        Doubts(text, outputs).ShouldBe([doubt]);

    [Theory]
    [InlineData("", true, "the first column has no name and counts the rows")]
    [InlineData("id", true, "the first column counts the rows")]
    [InlineData("", false, "the first column has no name;")]
    public void The_index_of_a_data_frame_is_named(string name, bool counts, string doubt)
    {
        var rows = Enumerable.Range(0, 12).Select(row => $"{(counts ? row : row * row)},{row % 5},{row % 2}\n");

        var doubts = Doubts($"{name},b,y\n{string.Concat(rows)}");

        doubts.ShouldHaveSingleItem().ShouldContain(doubt);
        doubts[0].ShouldEndWith("it is taken as an input, so leave it out if it is an index");
    }

    [Fact]
    public void A_time_that_is_the_only_input_is_no_index() =>
        Doubts($"t,y\n{string.Concat(Enumerable.Range(0, 12).Select(row => $"{row},{row % 2}\n"))}").ShouldBeEmpty();

    [Theory]
    [InlineData("softmax")]
    [InlineData("relu")]
    public void A_model_that_ends_with_an_activation_before_the_loss_of_logits_is_named(string last) =>
        Doubts(Clean, model: $"[ linear: 2, {last} ]")
            .ShouldBe([$"the model ends with '{last}', but the loss takes logits; it learns better without"]);

    [Fact]
    public void Batches_smaller_than_the_shards_or_larger_than_the_data_are_named()
    {
        Doubts(Clean, sets: "shards=8").ShouldBe(["a batch of 4 is smaller than the 8 shards: 4 of them are empty in every step"]);
        Doubts(Clean, sets: "batch=100").ShouldBe(["batch is 100, but data.train has only 6 samples: each step takes all of them"]);
    }

    [Fact]
    public void A_test_part_that_is_the_training_part_is_named() =>
        Doubts(Clean, sets: "data.test={ kind: csv, path: t.csv }")
            .ShouldBe(["data.test reads the same files as data.train: evaluations do not tell how well new samples are done"]);

    [Fact]
    public void A_target_that_never_changes_is_named()
    {
        string[] regression = ["data.targets=[a]", "loss=mse", "model=[linear: 1]"];
        _folder.Write("t.csv", "a,b\n7,1\n7,2\n7,3\n7,5\n");

        Of(regression).ShouldBe(["target 'a' is the same in all samples of data.train: there is nothing to learn"]);
    }

    private List<string> Doubts(string text, int outputs = 2, string? model = null, params string[] sets)
    {
        _folder.Write("t.csv", text);
        return Of([$"model={model ?? $"[ linear: {outputs} ]"}", .. sets]);
    }

    private List<string> Of(string[] sets)
    {
        const string Yaml = """
            data: { train: { kind: csv, path: t.csv } }
            model: [ linear: 2 ]
            loss: cross-entropy
            optimizer: { kind: sgd, rate: 0.1 }
            batch: 4
            shards: 4
            steps: 3
            """;
        var run = PreparedRun.Load(RunFile.Parse(Yaml, "run.yaml", _folder.Path, sets));
        return [.. run.Notes.Where(note => note.IsDoubt).Select(note => note.Text.Replace($"{_folder.Path}/t.csv: ", ""))];
    }
}
