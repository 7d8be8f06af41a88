using Backprop.Shared.Checkpoints;
using Backprop.Shared.Data;
using Backprop.Shared.Primitives;
using Backprop.Shared.Runs;
using Backprop.Shared.Runs.Yaml;
using Backprop.Shared.Schedules;

namespace Backprop.Coordinator.Training;

/// <summary>
/// Whether a checkpoint is of the run that is to go on; where it is not, what differs, with both values, and the way out. Pure.
/// </summary>
/// <param name="now">The run that is to go on.</param>
/// <param name="template">What its checkpoints say of it.</param>
/// <param name="kept">The checkpoint.</param>
/// <param name="path">Where it is.</param>
internal sealed class RunDifference(PreparedRun now, Checkpoint template, Checkpoint kept, string path)
{
    private RunFile? _parsed;

    /// <summary>Read when it is needed: a program of another version may not know its keys.</summary>
    private RunFile Before => _parsed ??= RunFile.Parse(kept.RunFile, path, "", []);

    /// <summary>Refuses a checkpoint of another run.</summary>
    /// <exception cref="UserException">It is of another version or run (exit code 7), or only the length differs (exit code 2).</exception>
    public void RequireNone()
    {
        if (kept.NumericsVersion != template.NumericsVersion)
        {
            throw new UserException(
                ExitCode.Mismatch,
                $"{path} was written with numerics version {kept.NumericsVersion}, this program has {template.NumericsVersion}; "
                + "resume it with the version that wrote it.");
        }

        if (kept.Identity == template.Identity)
        {
            return;
        }

        // What the data and the first weights were is known by the identity alone: it comes out the same if they are.
        var isSameData = RunIdentity.Compute(Before, now.Data.Hash.AsSpan(), Convert.FromHexString(template.InitHash)) == kept.Identity;
        if (isSameData && ForItsLength(Before).ToCanonical() == ForItsLength(now.File).ToCanonical())
        {
            // The schedule looked at the run's length, and now at the same number of steps by its own words, or the other way round.
            return;
        }

        if (isSameData && IsOnlyLonger())
        {
            throw OfLength();
        }

        string[] differences = [.. KeysThatDiffer(), .. template.InitHash == kept.InitHash ? [] : (string[])["--init is another file"]];
        if (differences.Length == 0)
        {
            differences = [.. FilesThatDiffer()];
        }

        throw new UserException(
            ExitCode.Mismatch,
            $"{path} belongs to another run: {string.Join("; ", differences)}; resume it as it was, or begin a new run from its weights "
            + $"with --init {path}.");
    }

    private RunFile ForItsLength(RunFile file) =>
        file with { Schedule = file.Schedule.ForLength(RunLength.TotalSteps(file, now.Data.Train.Count)) };

    private bool IsOnlyLonger()
    {
        var canonical = (Before with { Epochs = now.File.Epochs, Steps = now.File.Steps }).ToCanonical();
        return now.File.Schedule.DependsOnLength && canonical == now.File.ToCanonical();
    }

    private UserException OfLength()
    {
        var steps = RunLength.TotalSteps(Before, now.Data.Train.Count);
        var last = Before.Schedule.FactorAt(steps, steps);
        return new UserException(
            ExitCode.Usage,
            $"The schedule '{Catalog<ScheduleSpec>.KindOf(Before.Schedule.GetType())}' looks at the run's length, which was "
            + $"{Length(Before)} and is now {Length(now.File)}. Add --set schedule.over={steps} to go on as it was planned, with "
            + $"{(last == 0 ? "a learning rate of 0" : $"{last:G4} times the learning rate")} after step {steps}; or leave --resume out "
            + $"and give --init {path} to begin a new run of that length from these weights.");
    }

    private static string Length(RunFile file) =>
        file.Epochs is { } epochs ? $"{new Quantity(epochs, "epoch")}" : $"{new Quantity(file.Steps!.Value, "step")}";

    private IEnumerable<string> KeysThatDiffer()
    {
        var (before, after) = (KeysOf(Before), KeysOf(now.File));
        foreach (var key in before.Keys.Concat(after.Keys).Distinct())
        {
            var (was, isNow) = (before.GetValueOrDefault(key, "not there"), after.GetValueOrDefault(key, "not there"));
            if (was != isNow)
            {
                yield return $"{key} was {was} and is {isNow}";
            }
        }
    }

    /// <summary>The canonical run file, one key after the other.</summary>
    private static Dictionary<string, string> KeysOf(RunFile file)
    {
        var keys = new Dictionary<string, string>();
        Walk("", YamlReader.Read(file.ToCanonical(), (line, column) => new Place("", line, column))!, keys);
        return keys;
    }

    private static void Walk(string path, YamlValue value, Dictionary<string, string> keys)
    {
        switch (value)
        {
            case YamlMap map:
                map.Entries.ForEach(entry => Walk(path.Length == 0 ? entry.Key : $"{path}.{entry.Key}", entry.Value, keys));
                break;
            case YamlList { Items: [YamlMap, ..] } list:
                list.Items.Index().ToList().ForEach(item => Walk($"{path}.{item.Index}", item.Item, keys));
                break;
            default:
                keys[path] = Shown.Text(YamlWriter.Line(value));
                break;
        }
    }

    private IEnumerable<string> FilesThatDiffer()
    {
        var changed = false;
        foreach (var (before, after) in kept.DataFiles.Zip(template.DataFiles))
        {
            if (before with { Path = after.Path } == after)
            {
                continue;
            }

            changed = true;
            yield return $"{after.Path} was {before} and is {after}";
        }

        if (!changed)
        {
            yield return $"the data is another ({ColumnNames.Listed([.. template.DataFiles.Select(file => file.Path)])})";
        }
    }
}
