namespace Backprop.Tests.Shared.Kernels;

/// <summary>The order of row sums as the contract words it, in plain loops: the model that the kernels are held against.</summary>
internal static class SixteenLanes
{
    public static T Reduce<T>(ReadOnlySpan<float> row, T neutral, Func<T, float, T> take, Func<T, T, T> join)
    {
        var lanes = new T[16];
        Array.Fill(lanes, neutral);
        for (var i = 0; i < row.Length; i++)
        {
            lanes[i % 16] = take(lanes[i % 16], row[i]);
        }

        foreach (var distance in (int[])[8, 4, 2, 1])
        {
            for (var lane = 0; lane < distance; lane++)
            {
                lanes[lane] = join(lanes[lane], lanes[lane + distance]);
            }
        }

        return lanes[0];
    }

    public static float Sum(ReadOnlySpan<float> row) => Reduce(row, 0f, (x, y) => x + y, (x, y) => x + y);

    public static float Maximum(ReadOnlySpan<float> row) =>
        Reduce(row, float.NegativeInfinity, (x, y) => x < y ? y : x, (x, y) => x < y ? y : x);

    public static double SquareSum(ReadOnlySpan<float> row) => Reduce(row, 0.0, (x, y) => x + ((double)y * y), (x, y) => x + y);
}
