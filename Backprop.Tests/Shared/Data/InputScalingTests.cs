using Backprop.Shared.Data;
using Backprop.Shared.Primitives;

namespace Backprop.Tests.Shared.Data;

public class InputScalingTests
{
    [Fact]
    public void Each_operation_is_rounded_once_in_float32()
    {
        foreach (var width in new[] { 1, 3, 16, 37 })
        {
            var data = Made(50, width);
            var scaling = InputScaling.For(new ScaleSpec { Divide = 255, Mean = 0.1307, Deviation = 0.3081 }, data);
            var scaled = (float[])data.Features.Clone();

            scaling.Apply(scaled, width, "test");

            for (var i = 0; i < scaled.Length; i++)
            {
                var divided = data.Features[i] / 255f;
                var centred = divided - (float)0.1307;
                scaled[i].ShouldBe(centred / (float)0.3081);
            }
        }
    }

    [Fact]
    public void Statistics_are_those_of_a_plain_two_pass_computation()
    {
        var data = Made(10_000, 5);
        var scaling = InputScaling.For(new ScaleSpec { Divide = 4, Standardize = true }, data);

        for (var column = 0; column < 5; column++)
        {
            var values = Enumerable.Range(0, data.Count).Select(row => data.Row(row)[column] / 4.0).ToArray();
            var mean = values.Average();
            scaling.Mean[column].ShouldBe((float)mean, 1e-6f);
            scaling.Deviation[column].ShouldBe((float)Math.Sqrt(values.Average(value => (value - mean) * (value - mean))), 1e-6f);
        }
    }

    [Fact]
    public void Blocks_are_summed_each_from_zero_and_added_in_order()
    {
        // In one chain each 1 would be lost beside 2^53; in a block of their own they are 4096 before they meet it.
        var values = new float[3 * 4096];
        values[0] = 9007199254740992f;
        values.AsSpan(4096, 4096).Fill(1);
        values[2 * 4096] = -9007199254740992f;

        var (mean, _) = ColumnStatistics.Of(values, 1, 1);

        mean[0].ShouldBe((float)(4096.0 / (3 * 4096)));
    }

    [Fact]
    public void A_column_that_never_changes_is_only_centred()
    {
        var data = new DataSet(new Backprop.Shared.Tensors.Shape(2), [0.1f, 1, 0.1f, 3, 0.1f, 5]);
        var scaling = InputScaling.For(new ScaleSpec { Standardize = true }, data);

        scaling.Apply(data.Features, 2, "test");

        scaling.Deviation[0].ShouldBe(1);
        data.Features[0].ShouldBe(0);
        data.Features[3].ShouldBe(0);
    }

    [Fact]
    public void It_comes_back_from_a_checkpoint_with_the_same_bits()
    {
        var data = Made(100, 30);
        foreach (var spec in new[] { null, new ScaleSpec { Divide = 16 }, new ScaleSpec { Divide = 0.1, Standardize = true } })
        {
            var scaling = InputScaling.For(spec, data);
            var back = InputScaling.FromJson(scaling.ToJson());

            back.Divide.ShouldBe(scaling.Divide);
            back.Mean.ShouldBe(scaling.Mean);
            back.Deviation.ShouldBe(scaling.Deviation);
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("{}")]
    [InlineData("[1]")]
    [InlineData("""{"Divide":0,"Mean":[0],"Deviation":[1]}""")]
    [InlineData("""{"Divide":1,"Mean":[0],"Deviation":[0]}""")]
    [InlineData("""{"Divide":1,"Mean":[0,1],"Deviation":[1]}""")]
    [InlineData("""{"Divide":1,"Mean":[],"Deviation":[]}""")]
    [InlineData("""{"Divide":1,"Mean":null,"Deviation":[1]}""")]
    [InlineData("""{"Divide":1,"Mean":[1e99],"Deviation":[1]}""")]
    [InlineData("""{"Divide":1,"Mean":[0],"Deviation":[1]""")]
    public void What_is_damaged_is_a_damaged_checkpoint(string json) =>
        Should.Throw<UserException>(() => InputScaling.FromJson(json)).ExitCode.ShouldBe(ExitCode.Storage);

    [Fact]
    public void What_cannot_be_scaled_is_refused()
    {
        var data = Made(4, 3);

        DataError.Of(() => InputScaling.For(new ScaleSpec { Divide = 1e-60 }, data)).ShouldContain("data.scale.divide");
        DataError.Of(() => InputScaling.For(new ScaleSpec { Mean = double.NaN }, data)).ShouldContain("data.scale.mean");
        DataError.Of(() => InputScaling.For(new ScaleSpec { Standardize = true, Mean = 1 }, data)).ShouldContain("standardize");
        DataError.Of(() => InputScaling.For(new ScaleSpec { Standardize = true }, data).Apply(new float[8], 4, "new.csv"))
            .ShouldBe("new.csv has 4 inputs, but the scaling is for 3; give the columns that were trained on.");
        float[] large = [0, 0, 0, 0, 0, 1e20f];
        DataError.Of(() => InputScaling.For(new ScaleSpec { Divide = 1e-30 }, data).Apply(large, 3, "new.csv"))
            .ShouldContain("new.csv, sample 1, input 2");
    }

    private static DataSet Made(int rows, int width)
    {
        var random = new CounterRandom(3, RandomPurpose.Synthetic);
        var features = new float[rows * width];
        for (var i = 0; i < features.Length; i++)
        {
            features[i] = (float)((random.Uniform(0, (ulong)i) * 20) - 3);
        }

        return new DataSet(new Backprop.Shared.Tensors.Shape(width), features);
    }
}
