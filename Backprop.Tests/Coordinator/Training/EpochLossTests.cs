using Backprop.Coordinator.Training;

namespace Backprop.Tests.Coordinator.Training;

public sealed class EpochLossTests
{
    [Fact]
    public void It_is_the_mean_over_the_samples_of_the_last_whole_epoch_and_not_that_of_the_last_batch()
    {
        var loss = new EpochLoss();
        loss.Value.ShouldBe(double.NaN);

        loss.Add(1, 2, endsEpoch: false);
        (loss.Value, loss.SoFar).ShouldBe((1, 1));
        loss.Add(2, 2, endsEpoch: false);
        loss.Value.ShouldBe(1.5);
        loss.Add(16, 1, endsEpoch: true);
        loss.Value.ShouldBe((2 + 4 + 16) / 5.0);

        loss.Add(100, 2, endsEpoch: false);
        loss.Value.ShouldBe(4.4, "the epoch that goes on does not count until it is whole");
        loss.SoFar.ShouldBe(100);
    }

    [Fact]
    public void A_resumed_run_has_the_same_loss_to_the_last_bit()
    {
        var whole = new EpochLoss();
        var before = new EpochLoss();
        for (var step = 0; step < 10; step++)
        {
            whole.Add(1 / 3.0 * step, step % 3 == 2 ? 1 : 3, endsEpoch: step % 3 == 2);
            if (step < 4)
            {
                before.Add(1 / 3.0 * step, step % 3 == 2 ? 1 : 3, endsEpoch: step % 3 == 2);
            }
        }

        var after = new EpochLoss();
        after.Resume(before.LastEpoch, before.Sum, before.Samples);
        for (var step = 4; step < 10; step++)
        {
            after.Add(1 / 3.0 * step, step % 3 == 2 ? 1 : 3, endsEpoch: step % 3 == 2);
        }

        (after.Value, after.SoFar).ShouldBe((whole.Value, whole.SoFar));
    }

    [Fact]
    public void An_epoch_whose_beginning_is_not_known_ends_where_it_ends()
    {
        var loss = new EpochLoss();
        loss.Resume(double.NaN, 0, 0);
        loss.Add(100, 2, endsEpoch: true);
        loss.Add(1, 2, endsEpoch: false);

        loss.Add(3, 2, endsEpoch: true);

        loss.Value.ShouldBe(2);
    }
}
