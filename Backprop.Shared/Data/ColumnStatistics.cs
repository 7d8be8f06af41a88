namespace Backprop.Shared.Data;

/// <summary>
/// Mean and population deviation of each column, in a fixed order: float64 sums run down the rows of a block of 4,096, each block from
/// 0, and the blocks' sums are added in order. The mean is sum / rows; the deviation √(sum of squared differences from it / rows), in a
/// second pass. Both are rounded to float32 once; a deviation that is 0 then becomes 1.
/// </summary>
internal static class ColumnStatistics
{
    private const int BlockRows = 4096;

    /// <summary>The statistics of <c>[rows, width]</c> features after their division in float32.</summary>
    public static (float[] Mean, float[] Deviation) Of(ReadOnlySpan<float> features, int width, float divide)
    {
        var rows = features.Length / width;
        var mean = Sum(features, width, divide, null);
        for (var column = 0; column < width; column++)
        {
            mean[column] /= rows;
        }

        var deviation = Sum(features, width, divide, mean);
        var (means, deviations) = (new float[width], new float[width]);
        for (var column = 0; column < width; column++)
        {
            means[column] = (float)mean[column];
            var single = (float)Math.Sqrt(deviation[column] / rows);
            deviations[column] = single == 0 ? 1 : single;
        }

        return (means, deviations);
    }

    /// <summary>Sums of the columns, or of their squared differences from the means.</summary>
    private static double[] Sum(ReadOnlySpan<float> features, int width, float divide, double[]? mean)
    {
        var total = new double[width];
        var block = new double[width];
        var rows = features.Length / width;
        for (var first = 0; first < rows; first += BlockRows)
        {
            Array.Clear(block);
            for (var row = first; row < Math.Min(rows, first + BlockRows); row++)
            {
                AddRow(features.Slice(row * width, width), divide, mean, block);
            }

            for (var column = 0; column < width; column++)
            {
                total[column] += block[column];
            }
        }

        return total;
    }

    private static void AddRow(ReadOnlySpan<float> row, float divide, double[]? mean, Span<double> sums)
    {
        for (var column = 0; column < row.Length; column++)
        {
            double value = row[column] / divide;
            var difference = mean is null ? value : value - mean[column];
            sums[column] += mean is null ? difference : difference * difference;
        }
    }
}
