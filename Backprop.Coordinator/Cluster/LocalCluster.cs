using Backprop.Coordinator.Core;
using Backprop.Coordinator.Training;
using Backprop.Shared.Primitives;

namespace Backprop.Coordinator.Cluster;

/// <summary>A run with worker processes that it starts on this machine itself, watches, and takes with it.</summary>
internal sealed class LocalCluster : IRunEngine
{
    private readonly ClusterRun _run;
    private readonly WorkerProcesses _processes;

    /// <param name="processes">How many worker processes, a slot each.</param>
    public LocalCluster(ClusterRun run, int processes, Action<string> said, TimeProvider time)
    {
        _run = run;
        _processes = new WorkerProcesses(processes, run.Address, said, _run.Fail, time);
    }

    public RunOutcome Outcome => _run.Outcome;

    public int Completed => _run.Completed;

    public UserException? Failure => _run.Failure;

    public RunTraffic Traffic => _run.Traffic;

    public void Execute()
    {
        _processes.Start();
        _run.Execute();
        _processes.WaitForEnd();
    }

    public void RequestStop() => _run.RequestStop();

    public void StopForStorage(UserException problem) => _run.StopForStorage(problem);

    public void Dispose()
    {
        _processes.Dispose();
        _run.Dispose();
    }
}
