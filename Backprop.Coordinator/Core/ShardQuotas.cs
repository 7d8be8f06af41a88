namespace Backprop.Coordinator.Core;

/// <summary>
/// How many shards each worker gets at the beginning of a step: so that the last one is done as early as whole shards allow, and within
/// that so that the ranges begin where the tree has large nodes. Pure, and without meaning for the result.
/// </summary>
internal static class ShardQuotas
{
    /// <summary>
    /// The last one may be done later by this part, if fewer spans result: each costs a gradient to send, and a pass of few rows.
    /// </summary>
    private const double Tolerance = 1.0 / 8;

    /// <summary>Absorbs the rounding of a quotient multiplied back.</summary>
    private const double Rounding = 1e-9;

    /// <summary>Divides the shards among all workers.</summary>
    /// <param name="members">Who they are; their speeds count.</param>
    /// <param name="units">How many shards there are.</param>
    /// <param name="counts">Receives how many each worker gets, in their order; there is room for all.</param>
    /// <param name="order">Scratch, as long.</param>
    public static void Divide(MemberTable members, int units, Span<int> counts, Span<int> order)
    {
        var mean = members.MeanSpeed();
        var total = 0.0;
        for (var m = 0; m < members.Count; m++)
        {
            total += members.WeightOf(m, mean);
        }

        var left = units;
        for (var m = 0; m < members.Count; m++)
        {
            counts[m] = Math.Min(left, (int)(units * (members.WeightOf(m, mean) / total)));
            left -= counts[m];
        }

        GiveTheRest(members, mean, left, counts, order[..members.Count]);
        Straighten(members, mean, total, units, counts);
    }

    /// <summary>
    /// Gives each shard that is left to who would be done first with one more; of several the first. A heap says who that is: shards times
    /// workers would be too many to look at.
    /// </summary>
    private static void GiveTheRest(MemberTable members, double mean, int left, Span<int> counts, Span<int> heap)
    {
        if (left == 0)
        {
            return;
        }

        for (var m = 0; m < heap.Length; m++)
        {
            heap[m] = m;
        }

        for (var place = (heap.Length / 2) - 1; place >= 0; place--)
        {
            Sink(members, mean, counts, heap, place);
        }

        for (; left > 0; left--)
        {
            counts[heap[0]]++;
            Sink(members, mean, counts, heap, 0);
        }
    }

    private static void Sink(MemberTable members, double mean, ReadOnlySpan<int> counts, Span<int> heap, int place)
    {
        while ((2 * place) + 1 is var child && child < heap.Length)
        {
            if (child + 1 < heap.Length && IsSooner(members, mean, counts, heap[child + 1], heap[child]))
            {
                child++;
            }

            if (!IsSooner(members, mean, counts, heap[child], heap[place]))
            {
                return;
            }

            (heap[place], heap[child]) = (heap[child], heap[place]);
            place = child;
        }
    }

    private static bool IsSooner(MemberTable members, double mean, ReadOnlySpan<int> counts, int one, int other)
    {
        var (a, b) = ((counts[one] + 1) / members.WeightOf(one, mean), (counts[other] + 1) / members.WeightOf(other, mean));
        return a < b || (a == b && one < other);
    }

    /// <summary>
    /// Moves the boundaries to where the tree has large nodes, as far as nobody is done much later for it: the noise of measured speeds
    /// does not cut the tree into splinters. Whoever had something keeps something.
    /// </summary>
    private static void Straighten(MemberTable members, double mean, double total, int units, Span<int> counts)
    {
        var last = 0.0;
        for (var m = 0; m < members.Count; m++)
        {
            last = Math.Max(last, counts[m] / members.WeightOf(m, mean));
        }

        var mostAfter = 0;
        var leastAfter = 0;
        for (var m = 0; m < members.Count; m++)
        {
            mostAfter += Most(members.WeightOf(m, mean), last);
            leastAfter += Least(members.WeightOf(m, mean) / total * units, counts[m]);
        }

        var begin = 0;
        for (var m = 0; m < members.Count; m++)
        {
            var weight = members.WeightOf(m, mean);
            var most = Most(weight, last);
            var least = Least(weight / total * units, counts[m]);
            mostAfter -= most;
            leastAfter -= least;
            var end = Roundest(Math.Max(units - mostAfter, begin + least), Math.Min(begin + most, units - leastAfter));
            counts[m] = end - begin;
            begin = end;
        }
    }

    private static int Most(double weight, double last) => (int)Math.Min((weight * last * (1 + Tolerance)) + Rounding, 1 << 20);

    private static int Least(double share, int count) => Math.Min(count, Math.Max((int)(share * (1 - Tolerance)), 1));

    /// <summary>The number between both that the highest power of two divides.</summary>
    private static int Roundest(int low, int high)
    {
        for (var grain = 1 << 20; grain > 1; grain /= 2)
        {
            var rounded = high / grain * grain;
            if (rounded >= low && rounded > 0)
            {
                return rounded;
            }
        }

        return high;
    }
}
