using Backprop.Coordinator.Cluster.Processes;

namespace Backprop.Tests.Coordinator.Cluster.Processes;

public sealed class WorkerEndTests
{
    private static readonly WorkerEnd Killed = new(
        2, "node/2", 4711, 137, "killed (SIGKILL)", ["first", "last"], false, TimeSpan.FromSeconds(0.2), 0);

    [Fact]
    public void TheSentenceSaysWhoHowAndWhatNext() => Killed.Sentence.ShouldBe(
        "worker process node/2 (pid 4711) ended: killed (SIGKILL); started again in 0.2 s. It said last: last.");

    [Fact]
    public void WithoutAProcessOrWordsTheyAreNotNamed() => (Killed with { ProcessId = 0, Said = [] }).Sentence.ShouldBe(
        "worker process node/2 ended: killed (SIGKILL); started again in 0.2 s.");

    [Fact]
    public void WhyItCannotWorkIsSaidInItsOwnWords_OrInOurs()
    {
        (Killed with { Said = ["warm", "backprop-worker: Another version; update it."] }).Reason.ShouldBe("Another version; update it.");
        (Killed with { Said = [] }).Reason.ShouldBe("killed (SIGKILL).");
    }

    [Fact]
    public void WhoWasAskedLeft() => (Killed with { WasAsked = true, StartsAgainIn = null, How = "ended by SIGTERM" }).Sentence.ShouldBe(
        "worker process node/2 (pid 4711) left: ended by SIGTERM.");

    [Fact]
    public void ThatItIsTriedSeldomFromNowOnIsSaidOnce()
    {
        var seldom = Killed with { StartsAgainIn = TimeSpan.FromSeconds(10), Said = [] };

        Enumerable.Range(1, 5)
            .Where(times => (seldom with { Fruitless = times }).Sentence.Contains("from now on", StringComparison.Ordinal))
            .ShouldBe([3]);
        (seldom with { Fruitless = 3 }).Sentence.ShouldBe(
            "worker process node/2 (pid 4711) ended: killed (SIGKILL); started again in 10.0 s, and from now on only so often, for it "
            + "ended 3 times before it was ready.");
    }
}
