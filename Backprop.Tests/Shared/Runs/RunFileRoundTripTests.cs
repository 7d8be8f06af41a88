using Backprop.Shared.Data;
using Backprop.Shared.Initializers;
using Backprop.Shared.Layers;
using Backprop.Shared.Losses;
using Backprop.Shared.Optimizers;
using Backprop.Shared.Primitives;
using Backprop.Shared.Runs;
using Backprop.Shared.Runs.Yaml;
using Backprop.Shared.Schedules;
using Backprop.Tests.TestUtilities;

namespace Backprop.Tests.Shared.Runs;

public class RunFileRoundTripTests
{
    [Theory]
    [MemberData(nameof(Examples.Files), MemberType = typeof(Examples))]
    public void Every_run_file_of_the_repository_reads_back_from_its_resolved_form(string file)
    {
        var run = RunFile.Load(Repository.PathOf(file), []);

        var again = RunFile.Parse(run.ToYaml(), "run.yaml", "/elsewhere", []);

        again.ToYaml().ShouldBe(run.ToYaml());
        again.ToCanonical().ShouldBe(run.ToCanonical());
        RunIdentity.Compute(again, [1], [2]).ShouldBe(RunIdentity.Compute(run, [1], [2]));
    }

    [Theory]
    [InlineData("seed=18446744073709551615")]
    [InlineData("name='7'")]
    [InlineData("optimizer.rate=0.1", "optimizer.weightDecay=1e-300")]
    [InlineData("optimizer.kind=momentum", "optimizer.momentum=0.30000000000000004")]
    [InlineData("schedule={ step: { everySteps: 7, factor: 0.5 } }")]
    [InlineData("clip=1.5", "shards=1024", "checkpoint.everySteps=3", "evaluate.everySteps=9", "evaluate.metrics=[accuracy]")]
    [InlineData("epochs=null", "steps=1000000000000")]
    [InlineData("init={ normal: { deviation: 0.1 } }", "model.1.linear.init=zeros", "model.1.bias=false")]
    [InlineData("init.values.weight=[[0.1, -0.2], [1e-9, 3]]", "init.values.bias=[0.1, 0.3]")]
    [InlineData("data.test.fraction=0.1", "data.standardize=true", "data.classes=3")]
    [InlineData("data.targets=[price, 'a b', '3', 'null']", "data.train.label=none")]
    [InlineData("data.train={ values: { inputs: [[1, 2.5], [3, 4]], targets: [[1], [2]] } }")]
    [InlineData("data.train={ values: { inputs: [[0.1, 16777217]], labels: [cat] } }")]
    [InlineData("data.test={ idx: { images: a b.gz, labels: 'c: d.gz' } }")]
    public void Every_setting_reads_back_from_the_resolved_form(params string[] sets)
    {
        var run = Examples.Parse(Examples.Short, sets);

        var again = RunFile.Parse(run.ToYaml(), "x.yaml", "/elsewhere", []);

        again.ToYaml().ShouldBe(run.ToYaml());
        again.ToCanonical().ShouldBe(run.ToCanonical());
    }

    [Fact]
    public void Every_known_kind_can_be_written_and_reads_back()
    {
        Check<LayerSpec>();
        Check<LossSpec>();
        Check<OptimizerSpec>();
        Check<ScheduleSpec>();
        Check<InitializerSpec>();
        Check<SourceSpec>();
    }

    private static void Check<TSpec>()
        where TSpec : class
    {
        Catalog<TSpec>.Kinds.ShouldNotBeEmpty();
        foreach (var kind in Catalog<TSpec>.Kinds)
        {
            // Every setting is given, so that one whose type the reader does not know cannot hide behind its default.
            var given = Settings.Of(Catalog<TSpec>.Find(kind)!).All.Select(setting => $"{setting.Key}: {SampleOf(setting.Type)}");
            var yaml = $"{{ kind: {kind}, {string.Join(", ", given)} }}";

            var spec = SpecBinder.Bind(typeof(TSpec), ValueOf(yaml), "it");
            var written = new SpecWriter("/").Record(spec);
            var again = SpecBinder.BindRecord(spec.GetType(), written, "it", "it");

            YamlWriter.Block(new SpecWriter("/").Record(again)).ShouldBe(YamlWriter.Block(written), customMessage: yaml);
        }
    }

    private static YamlValue ValueOf(string yaml) => YamlReader.Read(yaml, (line, column) => new Place("x", line, column))!;

    private static string SampleOf(Type type) =>
        type == typeof(bool) ? "true"
        : type == typeof(string) ? "word"
        : type == typeof(double) || type == typeof(float) ? "0.5"
        : type.IsEnum ? Scalars.Write(Enum.GetValues(type).GetValue(0)!).Text
        : Scalars.Has(type) ? "3"
        : Family.Of(type) is { } family ? family.Type == typeof(InitializerSpec) ? "zeros" : family.Kinds[0]
        : Collections.ItemOf(type) is { } item ? $"[{SampleOf(item)}]"
        : Collections.ValueOf(type) is { } value ? $"{{ a: {SampleOf(value)} }}"
        : "{}";
}
