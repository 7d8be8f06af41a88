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
    public static void Divide(MemberTable members, int units, Span<int> counts)
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

        for (; left > 0; left--)
        {
            counts[FirstDone(members, mean, counts)]++;
        }

        Straighten(members, mean, total, units, counts);
    }

    /// <summary>Who would be done first with one shard more.</summary>
    private static int FirstDone(MemberTable members, double mean, ReadOnlySpan<int> counts)
    {
        var first = 0;
        var earliest = double.PositiveInfinity;
        for (var m = 0; m < members.Count; m++)
        {
            var done = (counts[m] + 1) / members.WeightOf(m, mean);
            if (done < earliest)
            {
                (first, earliest) = (m, done);
            }
        }

        return first;
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
