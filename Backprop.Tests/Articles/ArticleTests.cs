namespace Backprop.Tests.Articles;

/// <summary>What holds for every network of the articles.</summary>
public sealed class ArticleTests
{
    [Theory]
    [MemberData(nameof(Article.WithWorkers), MemberType = typeof(Article))]
    public void The_loss_falls_with_every_step_of_the_shipped_run(string name, int workers)
    {
        var run = Article.Load(name);

        var (losses, _) = run.Train(workers);

        losses.Length.ShouldBe(run.Steps);
        for (var step = 1; step < losses.Length; step++)
        {
            losses[step].ShouldBeLessThan(losses[step - 1], $"step {step + 1}");
        }
    }

    [Theory]
    [MemberData(nameof(Article.WithWorkers), MemberType = typeof(Article))]
    public void The_weights_are_those_of_one_worker(string name, int workers) =>
        Article.Load(name).Train(workers).Weights.ShouldBe(Article.Load(name).Train(1).Weights);
}
