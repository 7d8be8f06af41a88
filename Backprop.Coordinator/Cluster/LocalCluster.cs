using Backprop.Coordinator.Cluster.Processes;
using Backprop.Coordinator.Core;
using Backprop.Coordinator.Training;
using Backprop.Shared.Primitives;

namespace Backprop.Coordinator.Cluster;

/// <summary>A run with worker processes that it starts on this machine itself, watches, and takes with it.</summary>
internal sealed class LocalCluster : IRunEngine
{
    private readonly ClusterRun _run;
    private readonly WorkerHost _host;
    private readonly int _processes;

    /// <param name="processes">How many worker processes, a slot each.</param>
    public LocalCluster(ClusterRun run, int processes, Action<string> said, TimeProvider time)
    {
        (_run, _processes) = (run, processes);
        _host = new WorkerHost(WorkerHostOptions.OfRun(run.Address), time);
        _host.Ended += end => said(end.Sentence);
        _host.Failed += _run.Fail;
        _run.Ending += _host.ExpectEnds;
    }

    public RunOutcome Outcome => _run.Outcome;

    public int Completed => _run.Completed;

    public UserException? Failure => _run.Failure;

    public RunTraffic Traffic => _run.Traffic;

    public void Execute()
    {
        _host.SetCount(_processes);
        _run.Execute();
        _host.Dispose();
    }

    public void RequestStop() => _run.RequestStop();

    public void Pause() => _run.Pause();

    public void Resume() => _run.Resume();

    public void RequestCheckpoint() => _run.RequestCheckpoint();

    public void StopForStorage(UserException problem) => _run.StopForStorage(problem);

    public void Dispose()
    {
        _host.Dispose();
        _run.Dispose();
    }
}
