using Backprop.Shared.Data.Files;
using Backprop.Shared.Primitives;

namespace Backprop.Shared.Data;

/// <summary>Reads the data of a run, or new data for a trained model.</summary>
public static class DataLoader
{
    /// <summary>Reads, checks, splits and scales the data of a run.</summary>
    /// <param name="spec">The run file's <c>data</c> section.</param>
    /// <param name="folder">Where relative paths start: the run file's folder.</param>
    /// <param name="seed">The run's seed.</param>
    /// <exception cref="UserException">The data is missing, damaged, or does not fit together (exit code 2).</exception>
    public static LoadedData Load(DataSpec spec, string folder, ulong seed)
    {
        if (spec.Test is not null && spec.TestFraction is not null)
        {
            throw new UserException(ExitCode.Usage, "data.test has both a source and a fraction; leave one of them out.");
        }

        var notes = new DataNotes();
        var context = new SourceContext(folder, seed, spec.Classes, spec.Targets) { Notes = notes };
        var source = spec.Train.Load(context);
        DataChecks.CheckTraining(source, spec);
        var test = spec.Test?.Load(context with { ClassNames = source.ClassNames, Names = source.Names, IsTest = true });
        if (test is not null)
        {
            test = DataChecks.ToClasses(test, source);
            DataChecks.CheckTest(test, source);
        }

        var hash = DataHash.Of(source, test);
        var split = spec.TestFraction is { } fraction ? Split.By(source, fraction, seed) : null;
        var train = split?.Train ?? source;
        test = split?.Test ?? test;
        var scaling = InputScaling.For(spec.Scale, train);
        scaling.Apply(train.Features, train.Width, "data.train");
        if (test is not null)
        {
            scaling.Apply(test.Features, test.Width, "data.test");
        }

        return new LoadedData
        {
            Train = train,
            Test = test,
            TrainIds = split?.TrainIds,
            TestIds = split?.TestIds,
            Scaling = scaling,
            Hash = hash,
            Notes = notes.All,
        };
    }

    /// <summary>
    /// Reads new samples for a trained model from a CSV or IDX file, and scales them as the training data was. Columns are found by name
    /// where both the file and the training data have names. Otherwise a CSV file as wide as the model's input has no labels; one with a
    /// column more (or with the targets' columns) has what they should be. Beside MNIST's <c>...images-idx3...</c> the labels are taken
    /// from <c>...labels-idx1...</c> where there is such a file.
    /// </summary>
    /// <param name="path">The file.</param>
    /// <param name="form">What the model takes and gives.</param>
    /// <exception cref="UserException">The data is missing, damaged, or does not fit the model (exit code 2).</exception>
    public static DataSet LoadForInference(string path, ModelForm form) => LoadForInference(path, form, new DataNotes());

    /// <summary>The same, with somebody to tell how the file was read.</summary>
    internal static DataSet LoadForInference(string path, ModelForm form, DataNotes notes)
    {
        var data = ReadForInference(path, form, notes);
        if (data.Width != form.Inputs)
        {
            throw new UserException(
                ExitCode.Usage,
                $"{path} has {data.Width} inputs a sample, but the model takes {form.Inputs}; give the columns that were trained on.");
        }

        form.Scaling.Apply(data.Features, data.Width, path);
        return data;
    }

    private static DataSet ReadForInference(string path, ModelForm form, DataNotes notes)
    {
        bool isIdx;
        using (var file = DataFile.Open(path))
        {
            Span<byte> start = stackalloc byte[2];
            isIdx = IdxFile.Matches(start[..file.ReadAll(start)]);
        }

        if (!isIdx)
        {
            using var file = DataFile.Open(path);
            return CsvTable.Read(file, new CsvWanted
            {
                LabelGiven = form.Label,
                Header = form.Header,
                Targets = form.Targets,
                ClassNames = form.ClassNames,
                Known = form.Names,
                Form = form,
            }, notes);
        }

        var (images, full) = IdxSource.ReadImages(path);
        var name = Path.GetFileName(full);
        var labels = Path.Combine(Path.GetDirectoryName(full)!, name.Replace("images-idx3", "labels-idx1", StringComparison.Ordinal));
        return form.ClassNames.Count > 0 && labels != full && File.Exists(labels)
            ? IdxSource.WithLabels(images, full, labels, null, form.ClassNames)
            : new DataSet(images.SampleShape(), images.Values);
    }
}
