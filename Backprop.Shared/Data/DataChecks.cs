using Backprop.Shared.Primitives;

namespace Backprop.Shared.Data;

/// <summary>Whether the parts of a run's data fit together.</summary>
internal static class DataChecks
{
    /// <summary>Refuses training data from which nothing can be learned.</summary>
    public static void CheckTraining(DataSet train, DataSpec spec)
    {
        if (train.Count == 0)
        {
            throw Fault("data.train has no samples; name a source that has some");
        }

        if (train.Labels.Length == 0 && train.TargetWidth == 0)
        {
            throw Fault("data.train has neither labels nor targets to learn; say which column holds them (label, or data.targets)");
        }

        if (spec.Classes is { } stated && train.Labels.Length > 0 && stated != train.ClassNames.Count)
        {
            throw Fault(
                $"data.train has {train.ClassNames.Count} classes ({ColumnNames.Listed(train.ClassNames)}), "
                + $"but data.classes states {stated}; correct one of them");
        }
    }

    /// <summary>Refuses test data that the model trained could not be tested on.</summary>
    public static void CheckTest(DataSet test, DataSet train)
    {
        if (test.Count == 0)
        {
            throw Fault("data.test has no samples; name a source that has some, or leave it out");
        }

        if (test.SampleShape != train.SampleShape)
        {
            throw Fault($"data.test has samples of shape {test.SampleShape}, but data.train of {train.SampleShape}; name sources " +
                "that belong together");
        }

        if (test.Labels.Length == 0 != (train.Labels.Length == 0) || test.TargetWidth != train.TargetWidth)
        {
            throw Fault($"data.test has {Answers(test)}, but data.train {Answers(train)}; name sources that belong together");
        }
    }

    /// <summary>Test data with the training data's numbers for the classes, found by name.</summary>
    public static DataSet ToClasses(DataSet test, DataSet train)
    {
        if (test.Labels.Length == 0 || train.Labels.Length == 0 || test.ClassNames.SequenceEqual(train.ClassNames))
        {
            return test;
        }

        var names = train.ClassNames.ToList();
        var places = test.ClassNames.Select(name => names.IndexOf(name)).ToArray();
        var labels = new int[test.Count];
        for (var row = 0; row < labels.Length; row++)
        {
            var label = test.Labels[row];
            labels[row] = places[label] >= 0 ? places[label]
                : throw Fault($"data.test, sample {row}: the label '{test.ClassNames[label]}' is none of the {names.Count} classes " +
                    $"of data.train ({ColumnNames.Listed(names)}); correct it or leave the sample out");
        }

        return new DataSet(test.SampleShape, test.Features, labels, train.ClassNames) { Names = test.Names };
    }

    private static string Answers(DataSet set) =>
        set.TargetWidth > 0 ? $"{set.TargetWidth} target values a sample" : set.Labels.Length > 0 ? "labels" : "neither labels nor targets";

    private static UserException Fault(string what) => new(ExitCode.Usage, $"{what}.");
}
