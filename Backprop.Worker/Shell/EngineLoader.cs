using Backprop.Shared.Models;
using Backprop.Shared.Primitives;
using Backprop.Shared.Protocol;
using Backprop.Shared.Runs;
using Backprop.Worker.Data;
using Backprop.Worker.Training;

namespace Backprop.Worker.Shell;

/// <summary>
/// Makes the engine for the run that a coordinator offers: finds its data, reads it, checks that it is the same run, warms up. Keeps the
/// engine, so that a worker that lost its coordinator for a moment is ready at once.
/// </summary>
internal sealed class EngineLoader(WorkerOptions options, Action<string> say, TimeProvider time) : IDisposable
{
    private SpanEngine? _engine;
    private string _yaml = "";
    private double? _speed;

    /// <summary>The identity of the run that is loaded; empty where there is none.</summary>
    public string Identity { get; private set; } = "";

    /// <summary>The engine for a run.</summary>
    /// <param name="fetch">Has the coordinator send a file; null: it does not send any.</param>
    /// <param name="stopping">Ends the wait for another worker that fetches the same file.</param>
    /// <exception cref="UserException">
    /// The data is missing or another, or the run is (exit code 7); it does not fit into this machine's memory (exit code 2).
    /// </exception>
    public SpanEngine For(RunOffer offer, Action<OfferedFile, Stream>? fetch, CancellationToken stopping)
    {
        if (_engine is { } loaded && Identity == offer.Identity && _yaml == offer.Yaml)
        {
            return loaded;
        }

        var run = Load(offer, fetch, stopping);
        CheckSame(run, offer);
        _engine?.Dispose();
        (_engine, Identity, _yaml, _speed) = (null, offer.Identity, offer.Yaml, null);
        RequireMemory(run);
        return _engine = new SpanEngine(run, options.Slots) { Times = options.Times };
    }

    /// <summary>Makes the engine ready for its first shard, where it will compute it.</summary>
    /// <returns>How many samples a second it computes.</returns>
    public double Warm() => _speed ??= new WarmUp(_engine!, time).Run();

    public void Dispose() => _engine?.Dispose();

    /// <summary>Weights that the coordinator shares take no memory here.</summary>
    private void RequireMemory(PreparedRun run) => new MemoryNeed()
        .And("weights", options.IsLocal ? 0 : run.Model.Layout.Length)
        .And("gradients", run.Model.Layout.Length, 2)
        .And("values between layers", MemoryNeed.ValuesOf(run.Model, Math.Min(run.File.Batch, run.Data.Train.Count)) / run.File.Shards)
        .Require($"This worker for the run {run.File.Name}", MachineMemory.Available());

    private static void CheckSame(PreparedRun run, RunOffer offer)
    {
        if (!run.Data.Hash.AsSpan().SequenceEqual(offer.DataHash))
        {
            throw new UserException(
                ExitCode.Mismatch,
                $"This worker's data has the hash {Convert.ToHexStringLower(run.Data.Hash.AsSpan())}, the coordinator's "
                + $"{Convert.ToHexStringLower(offer.DataHash)}; give both the same data and the same version of Backprop.");
        }

        var identity = RunIdentity.Compute(run.File, run.Data.Hash.AsSpan(), offer.InitHash);
        if (identity != offer.Identity)
        {
            throw new UserException(
                ExitCode.Mismatch,
                $"This worker makes the identity {identity} of the run, the coordinator {offer.Identity}; install the same version of "
                + "Backprop on both.");
        }
    }

    private PreparedRun Load(RunOffer offer, Action<OfferedFile, Stream>? fetch, CancellationToken stopping)
    {
        var file = RunFile.Parse(offer.Yaml, "the coordinator's run file", "", []);
        if (_engine is { } other && Identity == offer.Identity)
        {
            // The same run watched in another way: its data is the same.
            return PreparedRun.From(file, other.Run.Data);
        }

        var wanted = RunData.PathsOf(file);
        var finder = new DataFinder(options.DataFolder, options.CacheFolder, stopping);
        var found = finder.Find([.. offer.Files.Where(f => wanted.Contains(f.Path))], fetch);
        foreach (var (path, place) in found)
        {
            say($"data: {Path.GetFileName(path)} from {place.Origin}{(place.Path == path ? "" : $", {place.Path}")}");
        }

        return PreparedRun.Load(RunData.At(file, found.ToDictionary(f => f.Key, f => f.Value.Path)));
    }
}
