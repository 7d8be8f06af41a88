using Backprop.Coordinator.Explain;
using Backprop.Shared.Runs;

namespace Backprop.Tests.Articles;

/// <summary>The classifier with two hidden layers: what one sample asks for, and what a batch makes of it.</summary>
public sealed class ClassifierTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void A_step_on_one_sample_raises_its_class_and_lowers_the_others(int workers)
    {
        var run = Article.Load("two-hidden");
        for (var row = 0; row < run.Data.Train.Count; row++)
        {
            var alone = run.Only(row);
            var before = Outputs(run, alone.FirstWeights(), row);
            var after = Outputs(run, alone.Train(workers, 1).Weights, row);
            var (surer, than) = (ExplainedSoftmax.Of(after), ExplainedSoftmax.Of(before));
            for (var output = 0; output < before.Length; output++)
            {
                var isRight = output == run.Data.Train.Labels[row];
                (after[output] > before[output]).ShouldBe(isRight, $"output {output} of sample {row}");
                (surer[output] > than[output]).ShouldBe(isRight, $"probability {output} of sample {row}");
            }
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void A_batchs_update_is_the_average_of_the_updates_of_its_samples(int workers)
    {
        var run = Article.Load("two-hidden");
        var first = run.FirstWeights();
        var average = new double[first.Length];
        for (var row = 0; row < run.Data.Train.Count; row++)
        {
            var alone = run.Only(row).Train(workers, 1).Weights;
            for (var i = 0; i < average.Length; i++)
            {
                average[i] += ((double)alone[i] - first[i]) / run.Data.Train.Count;
            }
        }

        var together = run.Train(workers, 1).Weights;

        average.Max(Math.Abs).ShouldBeGreaterThan(0.1);
        for (var i = 0; i < average.Length; i++)
        {
            ((double)together[i] - first[i]).ShouldBe(average[i], 1e-7, $"weight {i}");
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void The_trained_networks_highest_output_is_the_right_class_of_every_sample(int workers)
    {
        var run = Article.Load("two-hidden");
        var weights = run.Train(workers).Weights;

        for (var row = 0; row < run.Data.Train.Count; row++)
        {
            var outputs = Outputs(run, weights, row);
            Array.IndexOf(outputs, outputs.Max()).ShouldBe(run.Data.Train.Labels[row], $"sample {row}");
        }
    }

    private static double[] Outputs(PreparedRun run, float[] exported, int row)
    {
        var flat = new double[run.Model.Layout.Length];
        var next = 0;
        foreach (var parameter in run.Model.Layout.Parameters)
        {
            for (var i = 0; i < parameter.Length; i++)
            {
                flat[parameter.Start + i] = exported[next++];
            }
        }

        var input = Array.ConvertAll(run.Data.Train.Row(row).ToArray(), v => (double)v);
        return SamplePass.Run(ExplainedNetwork.Of(run), flat, input, new ExplainedTarget(run.Data.Train.Labels[row], [])).Values[^1];
    }
}
