using Backprop.Shared.Data;
using Backprop.Shared.Tensors;
using Backprop.Tests.TestUtilities;

namespace Backprop.Tests.Shared.Data;

public sealed class DataLoaderTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(2, 0.5, 1)]
    [InlineData(10, 0.2, 2)]
    [InlineData(10, 0.001, 1)]
    [InlineData(10, 0.999, 9)]
    [InlineData(1797, 0.2, 359)]
    public void A_split_gives_every_row_to_one_part_in_the_sources_order(int rows, double fraction, int tested)
    {
        _folder.Write("t.csv", string.Concat(Enumerable.Range(0, rows).Select(row => $"{row},{row % 7}\n")));

        var data = Load(new DataSpec { Train = new CsvSource { Path = "t.csv" }, TestFraction = fraction, Classes = 7 });

        data.Test!.Count.ShouldBe(tested);
        data.TestIds!.Length.ShouldBe(tested);
        data.TrainIds!.Concat(data.TestIds!).Order().ShouldBe(Enumerable.Range(0, rows));
        data.Train.Features.ShouldBe(data.TrainIds!.Select(id => (float)id));
        data.Train.Labels.ShouldBe(data.TrainIds!.Select(id => id % 7));
        data.Test.Features.ShouldBe(data.TestIds!.Select(id => (float)id));
        data.TrainIds.ShouldBe(data.TrainIds!.Order());
        data.SourceRow(0).ShouldBe(data.TrainIds![0]);
    }

    [Fact]
    public void The_split_follows_the_seed()
    {
        _folder.Write("t.csv", string.Concat(Enumerable.Range(0, 100).Select(row => $"{row},{row % 7}\n")));
        int[] Tested(ulong seed) => Load(new DataSpec { Train = new CsvSource { Path = "t.csv" }, TestFraction = 0.3 }, seed).TestIds!;

        Tested(1).ShouldBe(Tested(1));
        Tested(1).ShouldNotBe(Tested(2));
    }

    [Fact]
    public void The_training_parts_statistics_scale_both_parts()
    {
        _folder.Write("train.csv", "1,0\n3,1\n");
        _folder.Write("test.csv", "7,1\n");

        var data = Load(new DataSpec
        {
            Train = new CsvSource { Path = "train.csv" },
            Test = new CsvSource { Path = "test.csv" },
            Scale = new ScaleSpec { Standardize = true },
        });

        data.Scaling.Mean.ShouldBe([2]);
        data.Scaling.Deviation.ShouldBe([1]);
        data.Train.Features.ShouldBe([-1, 1]);
        data.Test!.Features.ShouldBe([5]);
        data.TrainIds.ShouldBeNull();
        data.SourceRow(1).ShouldBe(1);
    }

    [Fact]
    public void Test_labels_are_the_training_datas_classes()
    {
        _folder.Write("train.csv", "1,cat\n3,dog\n4,ant\n");
        _folder.Write("test.csv", "7,dog\n7,cat\n");
        _folder.Write("odd.csv", "7,dog\n7,cow\n");
        DataSpec Spec(string test) => new() { Train = new CsvSource { Path = "train.csv" }, Test = new CsvSource { Path = test } };

        var data = DataLoader.Load(Spec("test.csv"), _folder.Path, 1);

        data.ClassNames.ShouldBe(["ant", "cat", "dog"]);
        data.Test!.Labels.ShouldBe([2, 1]);
        data.Test.ClassNames.ShouldBe(data.ClassNames);
        DataError.Of(() => DataLoader.Load(Spec("odd.csv"), _folder.Path, 1)).ShouldContain("odd.csv, line 2, column 2: the " +
            "label 'cow' is none of the 3 classes");
    }

    [Fact]
    public void A_source_that_numbers_classes_its_own_way_is_brought_into_line()
    {
        var test = new Ready(new DataSet(new Shape(1), [7, 8], [0, 1], ["dog", "cat"]));
        var odd = new Ready(new DataSet(new Shape(1), [7, 8], [0, 1], ["dog", "cow"]));
        var train = new Ready(new DataSet(new Shape(1), [1, 2], [0, 1], ["cat", "dog"]));

        DataLoader.Load(new DataSpec { Train = train, Test = test }, "/", 1).Test!.Labels.ShouldBe([1, 0]);
        DataError.Of(() => DataLoader.Load(new DataSpec { Train = train, Test = odd }, "/", 1)).ShouldContain("data.test, " +
            "sample 1: the label 'cow'");
    }

    [Fact]
    public void Parts_that_do_not_fit_together_are_refused()
    {
        _folder.Write("two.csv", "1,2,0\n3,4,1\n");
        _folder.Write("three.csv", "1,2,3,0\n3,4,5,1\n");
        _folder.Write("one.csv", "1,0\n");
        var two = new CsvSource { Path = "two.csv" };
        var values = new ValuesSource { Inputs = [[1, 2]], Targets = [[1]] };
        string Message(DataSpec spec) => DataError.Of(() => DataLoader.Load(spec, _folder.Path, 1));

        Message(new DataSpec { Train = two, Test = new CsvSource { Path = "three.csv" } }).ShouldContain("samples of shape [3], but " +
            "data.train of [2]");
        Message(new DataSpec { Train = two, Test = values }).ShouldContain("1 target values a sample, but data.train labels");
        Message(new DataSpec { Train = values, Test = two }).ShouldContain("labels, but data.train 1 target values");
        Message(new DataSpec { Train = two, Test = two, TestFraction = 0.5 }).ShouldContain("both a source and a fraction");
        Message(new DataSpec { Train = new CsvSource { Path = "two.csv", Label = "none" } }).ShouldContain("neither labels nor targets");
        Message(new DataSpec { Train = new CsvSource { Path = "one.csv" }, TestFraction = 0.5 }).ShouldContain("one sample");
        Message(new DataSpec { Train = new Ready(new DataSet(new Shape(1), [1, 2], [0, 1], ["a", "b"])), Classes = 3 })
            .ShouldContain("2 classes (a, b), but data.classes states 3");
        Message(new DataSpec { Train = new Ready(new DataSet(new Shape(1), [])) }).ShouldContain("no samples");
    }

    [Fact]
    public void The_hash_is_of_the_content_and_of_nothing_else()
    {
        const string Text = "a,b\n1,0\n2,1\n";
        _folder.Write("plain.csv", Text);
        _folder.Write("packed.bin", Gzip.Pack("\uFEFF1.0,0\r\n\"2\",1"));
        _folder.Write("other.csv", "1,0\n2,0\n");
        _folder.Write("named.csv", "1,x\n2,y\n");
        string HashOf(DataSpec spec) => Convert.ToHexString(Load(spec).Hash.AsSpan());
        string Hash(string path, int? classes = null) => HashOf(new DataSpec { Train = new CsvSource { Path = path }, Classes = classes });

        var hash = Hash("plain.csv");

        Hash("packed.bin").ShouldBe(hash);
        var plain = new CsvSource { Path = "plain.csv" };
        HashOf(new DataSpec { Train = plain, Scale = new ScaleSpec { Divide = 2 }, TestFraction = 0.5 }).ShouldBe(hash);
        HashOf(new DataSpec { Train = plain, Test = plain }).ShouldNotBe(hash);
        new[] { Hash("other.csv", 2), Hash("named.csv"), Hash("plain.csv", classes: 3) }.ShouldAllBe(other => other != hash);
        hash.ShouldBe("A5A48FBCD644C7B0F537DA74428FD95D54CDA59F3589AFF9DAB766FE546ACF52");
    }

    [Fact]
    public void The_shipped_digits_are_the_1797_of_the_repository()
    {
        var path = Repository.PathOf("data", "digits.csv.gz");
        var scale = new ScaleSpec { Divide = 16 };
        var data = Load(new DataSpec { Train = new CsvSource { Path = path }, TestFraction = 0.2, Scale = scale, Classes = 10 });

        data.Train.Count.ShouldBe(1438);
        data.Test!.Count.ShouldBe(359);
        data.Train.Width.ShouldBe(64);
        data.Train.Features.Min().ShouldBe(0);
        data.Train.Features.Max().ShouldBe(1);
        data.Train.Labels.Concat(data.Test.Labels).GroupBy(label => label).OrderBy(group => group.Key).Select(group => group.Count())
            .ShouldBe([178, 182, 177, 183, 181, 182, 181, 179, 174, 180]);
        Convert.ToHexString(data.Hash.AsSpan()).ShouldBe("16247DBEB4CEC2D9038920F00C0FB2FA023897D367429D4A06D649E59CF761D9");
    }

    private LoadedData Load(DataSpec spec, ulong seed = 1) => DataLoader.Load(spec, _folder.Path, seed);

    private sealed record Ready(DataSet Set) : SourceSpec
    {
        public override DataSet Load(in SourceContext context) => Set;
    }
}
