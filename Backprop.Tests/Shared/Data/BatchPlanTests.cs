using Backprop.Shared.Data;
using Backprop.Shared.Gradients;

namespace Backprop.Tests.Shared.Data;

public class BatchPlanTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(5)]
    [InlineData(16)]
    [InlineData(17)]
    [InlineData(1437)]
    [InlineData(60000)]
    public void Every_epoch_has_every_sample_once(int samples)
    {
        var plan = new BatchPlan(1, samples, 7);

        for (var epoch = 0; epoch < 3; epoch++)
        {
            var seen = new bool[samples];
            var ids = new int[7];
            for (var step = 0; step < plan.StepsPerEpoch; step++)
            {
                foreach (var id in ids.AsSpan(0, plan.Fill(epoch, step, ids)))
                {
                    seen[id].ShouldBeFalse();
                    seen[id] = true;
                }
            }

            seen.ShouldAllBe(each => each);
        }
    }

    [Fact]
    public void Every_size_up_to_300_gives_a_permutation()
    {
        for (var samples = 1; samples <= 300; samples++)
        {
            Order(new BatchPlan((ulong)samples, samples, samples), 2).Order().ShouldBe(Enumerable.Range(0, samples));
        }
    }

    [Fact]
    public void The_largest_size_stays_in_range_and_does_not_repeat()
    {
        var plan = new BatchPlan(3, int.MaxValue, 1000);
        var ids = new int[1000];

        plan.Fill(9, plan.StepsPerEpoch - 2, ids).ShouldBe(1000);

        ids.ShouldAllBe(id => id >= 0 && id < int.MaxValue);
        ids.Distinct().Count().ShouldBe(1000);
    }

    [Fact]
    public void The_first_ids_are_those_of_the_first_release()
    {
        Order(new BatchPlan(1, 1437, 12), 0).Take(12).ShouldBe([82, 1256, 1259, 973, 71, 667, 1135, 515, 706, 726, 1254, 1103]);
        Order(new BatchPlan(1, 1437, 12), 1).Take(12).ShouldBe([738, 1279, 127, 143, 207, 405, 438, 724, 341, 827, 1206, 1323]);
        Order(new BatchPlan(2, 60000, 12), 0).Take(12).ShouldBe(
            [39047, 49100, 41850, 43775, 18938, 87, 28176, 27116, 20537, 15942, 45535, 17534]);
        Order(new BatchPlan(1, 5, 5), 0).ShouldBe([1, 4, 0, 3, 2]);
    }

    [Fact]
    public void Epochs_and_seeds_have_orders_of_their_own()
    {
        var orders = new List<int[]>();
        for (var seed = 0UL; seed < 5; seed++)
        {
            for (var epoch = 0; epoch < 5; epoch++)
            {
                orders.Add(Order(new BatchPlan(seed, 1000, 100), epoch));
            }
        }

        for (var a = 0; a < orders.Count; a++)
        {
            for (var b = 0; b < a; b++)
            {
                // Two random orders of 1,000 agree at one place on average.
                orders[a].Zip(orders[b], (x, y) => x == y).Count(same => same).ShouldBeLessThan(9);
            }
        }
    }

    [Fact]
    public void Any_part_of_a_batch_can_be_worked_out_alone()
    {
        var plan = new BatchPlan(7, 103, 10);

        for (var place = 0; place < 103; place++)
        {
            var one = new int[1];
            plan.Fill(4, place / 10, place % 10, one);
            one[0].ShouldBe(plan.At(4, place));
        }

        var batch = new int[10];
        plan.Fill(4, 3, batch);
        var span = new int[4];
        plan.Fill(4, 3, 5, span);
        span.ShouldBe(batch[5..9]);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(8)]
    [InlineData(64)]
    public void Shards_worked_out_alone_make_up_the_batch(int shards)
    {
        var plan = new BatchPlan(7, 1000, 33);
        var batch = new int[33];
        for (var step = 0; step < plan.StepsPerEpoch; step++)
        {
            var size = plan.Fill(2, step, batch);
            var joined = new List<int>();
            for (var shard = 0; shard < shards; shard++)
            {
                var first = ShardSpan.PlaceOf(shard, shards, size);
                var ids = new int[ShardSpan.PlaceOf(shard + 1, shards, size) - first];
                plan.Fill(2, step, first, ids);
                joined.AddRange(ids);
            }

            joined.ShouldBe(batch[..size]);
        }
    }

    [Fact]
    public void The_last_batch_is_as_short_as_it_is()
    {
        var plan = new BatchPlan(1, 103, 10);

        plan.StepsPerEpoch.ShouldBe(11);
        plan.BatchSize(9).ShouldBe(10);
        plan.BatchSize(10).ShouldBe(3);
        plan.Locate(0).ShouldBe((0, 0));
        plan.Locate(10).ShouldBe((0, 10));
        plan.Locate(11).ShouldBe((1, 0));
        new BatchPlan(1, 5, 64).ShouldSatisfyAllConditions(
            few => few.Batch.ShouldBe(5),
            few => few.StepsPerEpoch.ShouldBe(1),
            few => few.BatchSize(0).ShouldBe(5));
    }

    [Fact]
    public void What_is_out_of_range_is_refused()
    {
        var plan = new BatchPlan(1, 103, 10);

        Should.Throw<ArgumentOutOfRangeException>(() => new BatchPlan(1, 0, 10));
        Should.Throw<ArgumentOutOfRangeException>(() => new BatchPlan(1, 10, 0));
        Should.Throw<ArgumentOutOfRangeException>(() => plan.BatchSize(11));
        Should.Throw<ArgumentOutOfRangeException>(() => plan.At(0, 103));
        Should.Throw<ArgumentOutOfRangeException>(() => plan.At(-1, 0));
        Should.Throw<ArgumentOutOfRangeException>(() => plan.Fill(0, 10, 1, new int[3]));
    }

    [Theory]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    public void Small_orders_are_all_equally_likely(int samples)
    {
        const int Draws = 24000;
        var counts = new Dictionary<string, int>();
        var plan = new BatchPlan(11, samples, samples);
        for (var epoch = 0; epoch < Draws; epoch++)
        {
            var order = string.Join(' ', Order(plan, epoch));
            counts[order] = counts.GetValueOrDefault(order) + 1;
        }

        var orders = Enumerable.Range(1, samples).Aggregate((product, factor) => product * factor);
        counts.Count.ShouldBe(orders);
        ChiSquare(counts.Values, Draws / (double)orders).ShouldBeLessThan(Limit(orders - 1));
    }

    [Theory]
    [InlineData(10)]
    [InlineData(64)]
    [InlineData(256)]
    [InlineData(1000)]
    public void Every_sample_stands_at_every_place_equally_often(int samples)
    {
        var places = Math.Min(samples, 10);
        var draws = 200 * samples / places;
        var counts = new int[places, samples];
        var follows = new int[samples];
        for (var epoch = 0; epoch < draws; epoch++)
        {
            var plan = new BatchPlan(5, samples, samples);
            for (var place = 0; place < places; place++)
            {
                counts[place, plan.At(epoch, place)]++;
            }

            follows[(plan.At(epoch, 1) - plan.At(epoch, 0) + samples) % samples]++;
        }

        ChiSquare(counts.Cast<int>(), draws / (double)samples).ShouldBeLessThan(Limit((samples - 1) * places));
        follows[0].ShouldBe(0);
        ChiSquare(follows.Skip(1), draws / (samples - 1.0)).ShouldBeLessThan(Limit(samples - 2));
    }

    [Fact]
    public void Filling_a_batch_allocates_nothing()
    {
        var plan = new BatchPlan(1, 60000, 512);
        var ids = new int[512];
        plan.Fill(0, 0, ids);

        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var step = 0; step < 100; step++)
        {
            plan.Fill(1, step, ids);
        }

        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBe(0);
    }

    private static int[] Order(BatchPlan plan, int epoch) => [.. Enumerable.Range(0, plan.Samples).Select(place => plan.At(epoch, place))];

    private static double ChiSquare(IEnumerable<int> counts, double expected) =>
        counts.Sum(count => (count - expected) * (count - expected) / expected);

    /// <summary>Five deviations above the mean of a chi-square value.</summary>
    private static double Limit(int freedom) => freedom + (5 * Math.Sqrt(2.0 * freedom));
}
