using Backprop.Shared.Primitives;

namespace Backprop.Shared.Data;

/// <summary>
/// One source in two parts: the first round(fraction · samples) places of a random order, by seed, are tested on. Both keep the source's
/// order.
/// </summary>
/// <param name="Train">The samples to train on.</param>
/// <param name="Test">The samples to test on.</param>
/// <param name="TrainIds">Their rows in the source, ascending.</param>
/// <param name="TestIds">Their rows in the source, ascending.</param>
internal sealed record Split(DataSet Train, DataSet Test, int[] TrainIds, int[] TestIds)
{
    /// <summary>Splits a source; each part gets at least one sample.</summary>
    public static Split By(DataSet source, double fraction, ulong seed)
    {
        if (source.Count < 2)
        {
            throw new UserException(ExitCode.Usage, "data.train has one sample, which cannot be split into train and test; leave " +
                "data.test out.");
        }

        var tested = Math.Clamp((int)Math.Floor((fraction * source.Count) + 0.5), 1, source.Count - 1);
        var order = new Permutation(seed, RandomPurpose.Split, 0, source.Count);
        var test = new int[tested];
        var train = new int[source.Count - tested];
        for (var place = 0; place < source.Count; place++)
        {
            if (place < tested)
            {
                test[place] = order.At(place);
            }
            else
            {
                train[place - tested] = order.At(place);
            }
        }

        Array.Sort(test);
        Array.Sort(train);
        return new Split(Take(source, train), Take(source, test), train, test);
    }

    private static DataSet Take(DataSet source, int[] ids)
    {
        var features = new float[ids.Length * source.Width];
        Gather.Features(source, ids, features);
        if (source.TargetWidth > 0)
        {
            var targets = new float[ids.Length * source.TargetWidth];
            Gather.Targets(source, ids, targets);
            return new DataSet(source.SampleShape, features, targets, source.TargetWidth) { Names = source.Names };
        }

        var labels = new int[ids.Length];
        Gather.Labels(source, ids, labels);
        return new DataSet(source.SampleShape, features, labels, source.ClassNames) { Names = source.Names };
    }
}
