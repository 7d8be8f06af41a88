using System.Numerics;
using Backprop.Shared.Data;
using Backprop.Shared.Initializers;
using Backprop.Shared.Layers;
using Backprop.Shared.Losses;
using Backprop.Shared.Optimizers;
using Backprop.Shared.Primitives;
using Backprop.Shared.Runs.Yaml;
using Backprop.Shared.Schedules;

namespace Backprop.Shared.Runs;

/// <summary>
/// A run file: everything that determines a training's result, and nothing about where it runs. Every setting has its range in its type,
/// so that a file and code are held to the same ones. Lists compare by reference; compare <see cref="ToYaml"/> where values count.
/// </summary>
public sealed record RunFile
{
    private const int LongestName = 100;
    private const int MostShards = 1024;

    /// <summary>
    /// What the run is called: its folder is <c>runs/name</c>. Letters, digits, spaces, <c>-</c>, <c>_</c> and <c>.</c>, a letter or
    /// digit first. By default the run file's name without its ending.
    /// </summary>
    public string Name { get; init => field = CheckedName(value); } = "run";

    /// <summary>Decides every random number of the run. Default 1.</summary>
    public ulong Seed { get; init; } = 1;

    /// <summary>Where the samples come from, and how their inputs are scaled.</summary>
    public required DataSpec Data { get; init; }

    /// <summary>The layers, first to last; at least one.</summary>
    public required IReadOnlyList<LayerSpec> Model
    {
        get;
        init => field = value.Count > 0 ? value : throw new ArgumentException("a model needs at least one layer", nameof(Model));
    }

    /// <summary>How first weights are made where a layer has no <c>init</c> of its own; null for the layers' default.</summary>
    public InitializerSpec? Init { get; init; }

    /// <summary>What is made small.</summary>
    public required LossSpec Loss { get; init; }

    /// <summary>How gradients become updates.</summary>
    public required OptimizerSpec Optimizer { get; init; }

    /// <summary>The factor on the learning rate, step by step. Default constant.</summary>
    public ScheduleSpec Schedule { get; init; } = new ConstantSchedule();

    /// <summary>The limit of the gradient's norm; none if left out.</summary>
    public ClipSpec? Clip { get; init; }

    /// <summary>How many samples a step takes, 1 or more.</summary>
    public required int Batch
    {
        get;
        init => field = value >= 1 ? value : throw new ArgumentOutOfRangeException(nameof(Batch), "batch must be 1 or more");
    }

    /// <summary>
    /// Into how many shards a batch is cut: a power of two up to 1,024. It belongs to the result, not to the cluster. Default 8.
    /// </summary>
    public int Shards
    {
        get;
        init => field = value is >= 1 and <= MostShards && BitOperations.IsPow2(value) ? value
            : throw new ArgumentOutOfRangeException(
                nameof(Shards), $"shards must be a power of two from 1 to {MostShards:N0}{NearShards(value)}");
    } = 8;

    /// <summary>How many times each sample is trained on, 1 or more; null where <see cref="Steps"/> says the length.</summary>
    public int? Epochs
    {
        get;
        init => field = value is null or >= 1 ? value : throw new ArgumentOutOfRangeException(nameof(Epochs), "epochs must be 1 or more");
    }

    /// <summary>How many weight updates, 1 or more; null where <see cref="Epochs"/> says the length.</summary>
    public long? Steps
    {
        get;
        init => field = value is null or >= 1 ? value : throw new ArgumentOutOfRangeException(nameof(Steps), "steps must be 1 or more");
    }

    /// <summary>When the test part is evaluated, and what is measured. Default every epoch.</summary>
    public EvaluateSpec Evaluate { get; init; } = new();

    /// <summary>How often checkpoints are written, beside the one at the end. Default every 60 s of training.</summary>
    public CheckpointSpec Checkpoint { get; init; } = new();

    /// <summary>The folder in which relative paths start: that of the file. Empty for the current one.</summary>
    public string Folder { get; internal init; } = "";

    /// <summary>Reads a run file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="sets">What the command line sets, each as <c>key=value</c>.</param>
    /// <exception cref="UserException">
    /// The file cannot be read or does not make sense (exit code 2); the message says where and what to do.
    /// </exception>
    public static RunFile Load(string path, IReadOnlyList<string> sets) => RunFileReader.Load(path, sets);

    /// <summary>Reads the text of a run file.</summary>
    /// <param name="yaml">The text.</param>
    /// <param name="fileName">What messages call it.</param>
    /// <param name="folder">Where its relative paths start.</param>
    /// <param name="sets">What the command line sets, each as <c>key=value</c>.</param>
    /// <exception cref="UserException">The text does not make sense (exit code 2); the message says where and what to do.</exception>
    public static RunFile Parse(string yaml, string fileName, string folder, IReadOnlyList<string> sets) =>
        RunFileReader.Parse(yaml, fileName, folder, sets);

    /// <summary>The resolved run file: every value, defaults included, paths absolute. Reading it gives an equal run file.</summary>
    public string ToYaml() => YamlWriter.Block(new SpecWriter(Folder).Record(this));

    /// <summary>
    /// One canonical text of what determines the weights: no name, paths, evaluation or checkpoints, and no length unless the schedule
    /// depends on it. Equal for run files that say the same in different words.
    /// </summary>
    public string ToCanonical()
    {
        string[] left = ["name", "evaluate", "checkpoint", .. Schedule.DependsOnLength ? (string[])[] : ["epochs", "steps"]];
        var map = new SpecWriter(folder: null).Record(Init is DefaultInitializer ? this with { Init = null } : this);
        return YamlWriter.Canonical(new YamlMap(default, [.. map.Entries.Where(entry => !left.Contains(entry.Key))]));
    }

    private static string CheckedName(string name) =>
        name.Length is > 0 and <= LongestName && char.IsLetterOrDigit(name[0]) && name.All(RunFileReader.IsNameCharacter) ? name
            : throw new ArgumentException(
                $"a name is at most {LongestName} letters, digits, spaces, '-', '_' and '.', and begins with a letter or digit",
                nameof(name));

    private static string NearShards(int value) =>
        value is < 1 or > MostShards ? "" : $", as {1 << BitOperations.Log2((uint)value)} or {2 << BitOperations.Log2((uint)value)}";
}
