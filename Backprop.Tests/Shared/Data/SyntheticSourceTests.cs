using Backprop.Shared.Data;

namespace Backprop.Tests.Shared.Data;

public class SyntheticSourceTests
{
    private static readonly SourceContext Context = new("/", 1, null, []);

    [Fact]
    public void Samples_are_a_function_of_the_seed_and_their_place()
    {
        var few = new SyntheticSource { Samples = 10, Inputs = 5, Classes = 3 }.Load(Context);
        var many = new SyntheticSource { Samples = 100, Inputs = 5, Classes = 3 }.Load(Context);
        var other = new SyntheticSource { Samples = 10, Inputs = 5, Classes = 3 }.Load(Context with { Seed = 2 });
        var test = new SyntheticSource { Samples = 10, Inputs = 5, Classes = 3 }.Load(Context with { IsTest = true });

        many.Features[..50].ShouldBe(few.Features);
        many.Labels[..10].ShouldBe(few.Labels);
        other.Features.ShouldNotBe(few.Features);
        test.Features.Intersect(few.Features).Count().ShouldBeLessThan(5);
        few.ClassNames.ShouldBe(["0", "1", "2"]);
    }

    [Fact]
    public void Classes_can_be_learned_and_the_noise_is_of_deviation_one()
    {
        foreach (var inputs in new[] { 2, 64, 300 })
        {
            var train = new SyntheticSource { Samples = 3000, Inputs = inputs, Classes = 4 }.Load(Context);
            var test = new SyntheticSource { Samples = 500, Inputs = inputs, Classes = 4 }.Load(Context with { IsTest = true });
            var (centres, variance) = Centres(train);

            var right = Enumerable.Range(0, test.Count).Count(sample => Nearest(centres, test.Row(sample)) == test.Labels[sample]);

            (right / (double)test.Count).ShouldBeGreaterThan(inputs == 2 ? 0.5 : 0.9);
            variance.ShouldBeInRange(0.95, 1.05);
            train.Labels.GroupBy(label => label).ShouldAllBe(group => group.Count() > 600);
        }
    }

    [Fact]
    public void What_cannot_be_made_is_refused()
    {
        Should.Throw<ArgumentOutOfRangeException>(() => new SyntheticSource { Samples = 0, Inputs = 1, Classes = 1 });
        DataError.Of(() => new SyntheticSource { Samples = 9, Inputs = 2, Classes = 3 }.Load(Context with { Classes = 4 }))
            .ShouldContain("states 4");
        DataError.Of(() => new SyntheticSource { Samples = int.MaxValue, Inputs = int.MaxValue, Classes = 1 }.Load(Context))
            .ShouldContain("values");
    }

    private static (double[][] Centres, double Variance) Centres(DataSet data)
    {
        var centres = Enumerable.Range(0, 4).Select(_ => new double[data.Width]).ToArray();
        for (var sample = 0; sample < data.Count; sample++)
        {
            var share = 1.0 / data.Labels.Count(label => label == data.Labels[sample]);
            for (var column = 0; column < data.Width; column++)
            {
                centres[data.Labels[sample]][column] += data.Row(sample)[column] * share;
            }
        }

        var squares = Enumerable.Range(0, data.Count).Average(sample => Distance(centres[data.Labels[sample]], data.Row(sample)));
        return (centres, squares / data.Width);
    }

    private static int Nearest(double[][] centres, ReadOnlySpan<float> row)
    {
        var nearest = 0;
        for (var candidate = 1; candidate < centres.Length; candidate++)
        {
            nearest = Distance(centres[candidate], row) < Distance(centres[nearest], row) ? candidate : nearest;
        }

        return nearest;
    }

    private static double Distance(double[] centre, ReadOnlySpan<float> row)
    {
        var sum = 0.0;
        for (var column = 0; column < centre.Length; column++)
        {
            sum += (row[column] - centre[column]) * (row[column] - centre[column]);
        }

        return sum;
    }
}
