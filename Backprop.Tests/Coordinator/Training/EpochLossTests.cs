using Backprop.Coordinator.Training;

namespace Backprop.Tests.Coordinator.Training;

public sealed class EpochLossTests
{
    [Fact]
    public void It_is_the_mean_over_the_samples_of_the_last_whole_epoch_and_not_that_of_the_last_batch()
    {
        var loss = new EpochLoss(samples: 5);
        loss.Value.ShouldBe(double.NaN);

        loss.Add(1, 2);
        (loss.Value, loss.SoFar).ShouldBe((1, 1));
        loss.Add(2, 2);
        loss.Value.ShouldBe(1.5);
        loss.Add(16, 1);
        loss.Value.ShouldBe((2 + 4 + 16) / 5.0);

        loss.Add(100, 2);
        loss.Value.ShouldBe(4.4, "the epoch that goes on does not count until it is whole");
        loss.SoFar.ShouldBe(100);
    }

    [Fact]
    public void A_resumed_run_has_the_same_loss_to_the_last_bit()
    {
        var whole = new EpochLoss(samples: 7);
        var before = new EpochLoss(samples: 7);
        for (var step = 0; step < 10; step++)
        {
            whole.Add(1 / 3.0 * step, step % 3 == 2 ? 1 : 3);
            if (step < 4)
            {
                before.Add(1 / 3.0 * step, step % 3 == 2 ? 1 : 3);
            }
        }

        var after = new EpochLoss(samples: 7);
        after.Resume(before.LastEpoch, before.Sum, before.Samples);
        for (var step = 4; step < 10; step++)
        {
            after.Add(1 / 3.0 * step, step % 3 == 2 ? 1 : 3);
        }

        (after.Value, after.SoFar).ShouldBe((whole.Value, whole.SoFar));
    }
}
