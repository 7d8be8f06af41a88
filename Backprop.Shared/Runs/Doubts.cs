using Backprop.Shared.Data;
using Backprop.Shared.Data.Files;
using Backprop.Shared.Layers;
using Backprop.Shared.Primitives;

namespace Backprop.Shared.Runs;

/// <summary>
/// What fits together and yet looks like a mistake: a sentence each, for a person to read before the training begins. Nothing here stops
/// a run or changes it. Pure.
/// </summary>
internal static class Doubts
{
    private static readonly string[] Activations = ["softmax", "sigmoid", "tanh", "relu"];

    /// <summary>The doubts about a run.</summary>
    public static IEnumerable<string> Of(RunFile file, LoadedData data) =>
    [
        .. OfClasses(data.Train),
        .. OfTargets(data.Train, file.Data.Targets),
        .. OfColumns(data.Train),
        .. OfTest(file),
        .. OfModel(file),
        .. OfBatch(file, data.Train.Count),
    ];

    private static IEnumerable<string> OfClasses(DataSet train)
    {
        if (train.Labels.Length == 0)
        {
            yield break;
        }

        var samples = new int[train.ClassNames.Count];
        foreach (var label in train.Labels)
        {
            samples[label]++;
        }

        List<int> empty = [.. Enumerable.Range(0, samples.Length).Where(label => samples[label] == 0)];
        List<int> seen = [.. Enumerable.Range(0, samples.Length).Where(label => samples[label] > 0)];
        if (seen.Count == 1)
        {
            yield return $"all samples of data.train are of one class, '{train.ClassNames[seen[0]]}': there is nothing to tell apart";
        }
        else if (empty is [0] && train.ClassNames[0] == "0")
        {
            yield return $"the labels of data.train begin at {train.ClassNames[seen[0]]}, so class 0 has no sample; "
                + "if there is no such class, number them from 0";
        }
        else if (empty.Count > 0)
        {
            var names = ColumnNames.Listed([.. empty.Select(label => train.ClassNames[label])]);
            yield return $"{new Quantity(empty.Count, "class", "classes")} of {samples.Length} {(empty.Count == 1 ? "has" : "have")} "
                + $"no sample in data.train: {names}";
        }

        List<int> words = [.. seen.Where(label => !IsNumber(train.ClassNames[label]))];
        if (words.Count > 0 && words.Count < seen.Count)
        {
            var numbers = seen.Where(label => IsNumber(train.ClassNames[label])).Select(label => train.ClassNames[label]);
            yield return $"the labels of data.train are numbers ({ColumnNames.Listed([.. numbers])}) and words "
                + $"({ColumnNames.Listed([.. words.Select(label => train.ClassNames[label])])}, in "
                + $"{new Quantity(words.Sum(label => samples[label]), "sample")}); "
                + "if a word stands for a missing label, leave its rows out";
        }
        else if (words.FirstOrDefault(label => CsvRow.IsMissing(train.ClassNames[label]), -1) is >= 0 and var missing)
        {
            yield return $"'{train.ClassNames[missing]}' is a class of data.train, of {new Quantity(samples[missing], "sample")}; "
                + "if it stands for a missing label, leave its rows out";
        }

        foreach (var same in words.GroupBy(label => train.ClassNames[label].ToUpperInvariant()).Where(same => same.Count() > 1).Take(1))
        {
            var alike = string.Join(" and ", same.Select(label => $"'{train.ClassNames[label]}'"));
            yield return $"{alike} are classes of their own in data.train; if they are one, write them alike";
        }
    }

    private static IEnumerable<string> OfTargets(DataSet train, IReadOnlyList<string> names)
    {
        for (var target = 0; target < train.TargetWidth; target++)
        {
            if (train.Count > 1 && IsConstant(train.TargetValues, train.TargetWidth, target))
            {
                var name = target < names.Count ? $"'{names[target]}'" : $"{target + 1}";
                yield return $"target {name} is the same in all samples of data.train: there is nothing to learn";
            }
        }
    }

    private static IEnumerable<string> OfColumns(DataSet train)
    {
        // Pictures have edges that never change; columns should.
        if (train.SampleShape.Rank != 1 || train.Count < 2 || Constant(train) is not { Count: > 0 } constant)
        {
            yield break;
        }

        var names = constant.Select(column => train.Names.Inputs.Count > 0 ? train.Names.Inputs[column] : $"{column + 1}").ToList();
        yield return constant.Count == 1
            ? $"input {ColumnNames.Listed(names)} is the same in all samples of data.train"
            : $"{constant.Count} of {train.Width} inputs are the same in all samples of data.train: {ColumnNames.Listed(names)}";
    }

    private static IEnumerable<string> OfTest(RunFile file)
    {
        if (file.Data.Test is not null)
        {
            var paths = RunData.PathsOf(file);
            var alone = RunData.PathsOf(file with { Data = file.Data with { Test = null } });
            if (paths.Count > 0 && paths.Count == alone.Count)
            {
                yield return "data.test reads the same files as data.train: evaluations do not tell how well new samples are done";
            }
        }
    }

    private static IEnumerable<string> OfModel(RunFile file)
    {
        var last = Catalog<LayerSpec>.KindOf(file.Model[^1].GetType());
        if (file.Loss.TakesLabels && Activations.Contains(last))
        {
            yield return $"the model ends with '{last}', but the loss takes logits; it learns better without";
        }
    }

    private static IEnumerable<string> OfBatch(RunFile file, int samples)
    {
        if (file.Batch > samples)
        {
            yield return $"batch is {file.Batch}, but data.train has only {new Quantity(samples, "sample")}: each step takes all of them";
        }

        var batch = Math.Min(file.Batch, samples);
        if (batch < file.Shards)
        {
            yield return $"a batch of {batch} is smaller than the {file.Shards} shards: {file.Shards - batch} of them "
                + $"{(file.Shards - batch == 1 ? "is" : "are")} empty in every step";
        }
    }

    private static bool IsNumber(string name) =>
        double.TryParse(name, System.Globalization.NumberStyles.Float, System.Globalization.CultureInfo.InvariantCulture, out var value)
        && double.IsFinite(value);

    private static bool IsConstant(float[] values, int width, int column)
    {
        for (var i = column + width; i < values.Length; i += width)
        {
            if (values[i] != values[column])
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>The columns that never change, found in one pass over the rows that ends when none is left.</summary>
    private static List<int> Constant(DataSet train)
    {
        List<int> left = [.. Enumerable.Range(0, train.Width)];
        for (var row = 1; row < train.Count && left.Count > 0; row++)
        {
            var offset = row * train.Width;
            left.RemoveAll(column => train.Features[offset + column] != train.Features[column]);
        }

        return left;
    }
}
