using Backprop.Shared.Data;
using Backprop.Shared.Optimizers;
using Backprop.Shared.Runs;
using Backprop.Shared.Schedules;
using Backprop.Tests.TestUtilities;

namespace Backprop.Tests.Shared.Runs;

public class RunFileTests
{
    [Fact]
    public void The_digits_example_is_read_whole()
    {
        var run = RunFile.Load(Repository.PathOf("examples", "digits.yaml"), []);

        run.Name.ShouldBe("digits");
        run.Seed.ShouldBe(1UL);
        run.Data.Train.ShouldBe(new CsvSource { Path = "../data/digits.csv.gz", Label = "last" });
        run.Data.Test.ShouldBeNull();
        run.Data.TestFraction.ShouldBe(0.2);
        run.Data.Scale.ShouldBe(new ScaleSpec { Divide = 16 });
        run.Data.Classes.ShouldBe(10);
        run.Model.Count.ShouldBe(5);
        run.Model[1].ShouldBe(run.Model[3]);
        run.Init.ShouldBeNull();
        run.Optimizer.ShouldBe(new AdamWOptimizer { Rate = 0.003, WeightDecay = 0.01 });
        run.Schedule.ShouldBe(new CosineSchedule { WarmupSteps = 20 });
        run.Clip.ShouldBe(new ClipSpec { Norm = 1 });
        (run.Batch, run.Shards, run.Epochs, run.Steps).ShouldBe((64, 8, 30, null));
        run.Evaluate.EveryEpochs.ShouldBe(1);
        run.Evaluate.Metrics.ShouldBe(["accuracy"]);
        run.Checkpoint.ShouldBe(new CheckpointSpec { EverySteps = 200, Keep = 3 });
        run.Folder.ShouldBe(Repository.PathOf("examples"));
    }

    [Fact]
    public void What_may_be_left_out_has_its_default()
    {
        var run = Examples.Parse(Examples.Short);

        run.Name.ShouldBe("run");
        run.Seed.ShouldBe(1UL);
        run.Schedule.ShouldBe(new ConstantSchedule());
        run.Clip.ShouldBeNull();
        run.Shards.ShouldBe(8);
        run.Evaluate.EveryEpochs.ShouldBe(1);
        run.Evaluate.Metrics.ShouldBeEmpty();
        run.Checkpoint.ShouldBe(new CheckpointSpec { EverySteps = null, EveryEpochs = null, EverySeconds = 60, Keep = 3 });
    }

    [Theory]
    [InlineData("name: a run", "a run")]
    [InlineData("name: 7", "7")]
    [InlineData("name: v1.2_b-3", "v1.2_b-3")]
    public void A_name_is_what_may_be_a_folder(string line, string name) => Examples.Parse($"{Examples.Short}\n{line}").Name.ShouldBe(name);

    [Theory]
    [InlineData("/a/my-net.yaml", "my-net")]
    [InlineData("../odd (1).yml", "odd -1-")]
    [InlineData(".yaml", "run")]
    public void A_run_without_a_name_is_called_as_its_file(string file, string name) =>
        RunFile.Parse(Examples.Short, file, "/", []).Name.ShouldBe(name);

    [Theory]
    [InlineData("name: ../up")]
    [InlineData("name: .hidden")]
    [InlineData("name: \"\"")]
    public void A_name_that_leaves_its_folder_is_refused(string line) =>
        Examples.ErrorOf($"{Examples.Short}\n{line}").ShouldContain(
            ": a name is at most 100 letters, digits, spaces, '-', '_' and '.', and begins with a letter or digit");

    [Fact]
    public void Standardize_may_stand_beside_scale_or_in_it()
    {
        Scaled("scale: { standardize: true }").ShouldBe(new ScaleSpec { Standardize = true });
        Scaled("standardize: true").ShouldBe(new ScaleSpec { Standardize = true });
        Scaled("standardize: true, scale: { divide: 16 }").ShouldBe(new ScaleSpec { Standardize = true, Divide = 16 });
        Examples.ErrorOf(WithData("standardize: true, scale: { standardize: true }")).ShouldBe(
            "run.yaml:1:44: 'data.scale' says standardize too; keep one");
        Examples.ErrorOf(WithData("standardize: 1")).ShouldBe(
            "run.yaml:1:57: 'data.scale.standardize' must be true or false, but is '1'; correct it");
        Examples.Parse(Examples.Short, "data.standardize=true").Data.Scale.ShouldBe(new ScaleSpec { Standardize = true });
    }

    [Fact]
    public void A_run_made_in_code_is_held_to_the_same_ranges()
    {
        var run = Examples.Parse(Examples.Short);

        Should.Throw<ArgumentOutOfRangeException>(() => run with { Shards = 3 });
        Should.Throw<ArgumentOutOfRangeException>(() => run with { Batch = 0 });
        Should.Throw<ArgumentException>(() => run with { Model = [] });
    }

    [Fact]
    public void Paths_start_at_the_folder_and_are_absolute_in_the_resolved_file()
    {
        var run = RunFile.Parse(Examples.Short, "run.yaml", "/home/ada/runs", ["data.test={ kind: csv, path: ../t.csv }"]);

        run.ToYaml().ShouldContain("    path: /home/ada/runs/d.csv\n");
        run.ToYaml().ShouldContain("    path: /home/ada/t.csv\n");
    }

    [Fact]
    public void A_set_changes_what_it_names_and_keeps_the_rest()
    {
        var yaml = WithData("test: { kind: csv, path: t.csv, label: y }").Replace("d.csv }", "d.csv, label: y }");

        var run = Examples.Parse(yaml, "data.train.csv=other.csv", "data.test.path=more.csv");

        run.Data.Train.ShouldBe(new CsvSource { Path = "other.csv", Label = "y" });
        run.Data.Test.ShouldBe(new CsvSource { Path = "more.csv", Label = "y" });
        Examples.ErrorOf(yaml, "data.test.fraction=0.2").ShouldBe(
            "--set data.test.fraction=0.2: 'data.test' says something else already ({ kind: csv, path: t.csv, label: y }), and 'fraction' "
            + "stands alone; add --set data.test=null before this to drop that");
        Examples.ErrorOf(WithData("test: { kind: csv, path: t.csv, fraction: 0.2 }")).ShouldContain(
            "'fraction' stands alone in 'test', but there is kind and path too; keep one of them");
        Examples.ErrorOf(WithData("test: { fraction: 0.2 }"), "data.test.path=t.csv").ShouldContain(
            "'fraction' stands alone in 'test', but there is path too; keep one of them");
        Examples.Parse(yaml, "data.test=null", "data.test.fraction=0.2").Data.TestFraction.ShouldBe(0.2);
    }

    private static ScaleSpec? Scaled(string line) => Examples.Parse(WithData(line)).Data.Scale;

    private static string WithData(string line) => Examples.Short.Replace("d.csv }", $"d.csv }}, {line}");
}
