using Backprop.Shared.Runs;

namespace Backprop.Tests.Shared.Runs;

public class RunLengthTests
{
    [Theory]
    [InlineData(1, 1, 1)]
    [InlineData(10, 5, 2)]
    [InlineData(11, 5, 3)]
    [InlineData(4, 64, 1)]
    [InlineData(1437, 64, 23)]
    [InlineData(9_000_000_000, 2, 4_500_000_000)]
    public void The_short_last_batch_is_a_step(long samples, int batch, long steps) =>
        RunLength.StepsPerEpoch(samples, batch).ShouldBe(steps);

    [Fact]
    public void A_run_is_as_long_as_it_says_in_steps_or_in_epochs()
    {
        RunLength.TotalSteps(Examples.Parse(Examples.Short), 9).ShouldBe(6);
        RunLength.TotalSteps(Examples.Parse(Examples.Short, "epochs=null", "steps=7"), 9).ShouldBe(7);
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(7, 3)]
    [InlineData(64, 8)]
    [InlineData(100, 64)]
    public void The_steps_of_an_epoch_take_every_sample_once(long samples, int batch)
    {
        var perEpoch = RunLength.StepsPerEpoch(samples, batch);

        for (var epoch = 0L; epoch < 3; epoch++)
        {
            var steps = Enumerable.Range(0, (int)perEpoch).Select(step => (epoch * perEpoch) + step).ToList();
            steps.ShouldAllBe(step => RunLength.EpochOf(step, samples, batch) == epoch);
            steps.Sum(step => (long)RunLength.SamplesOf(step, samples, batch)).ShouldBe(samples);
            steps.ShouldAllBe(step => RunLength.SamplesOf(step, samples, batch) > 0);
        }
    }
}
