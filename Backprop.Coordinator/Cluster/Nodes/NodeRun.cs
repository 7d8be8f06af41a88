using System.Text;
using Backprop.Coordinator.Cluster.Orders;
using Backprop.Coordinator.Diagnostics;
using Backprop.Coordinator.Progress;
using Backprop.Coordinator.Storage;
using Backprop.Coordinator.Training;
using Backprop.Shared.Primitives;
using Backprop.Shared.Runs;

namespace Backprop.Coordinator.Cluster.Nodes;

/// <summary>A submitted run at the node that coordinates: its files, its folder, its training, its end in words.</summary>
/// <param name="agreement">Makes its checkpoints what another would go on from; disposed when the run has ended.</param>
/// <param name="term">The term in which it is trained.</param>
internal sealed class NodeRun(NodeContext node, RunAgreement agreement, QueuedRun queued, long term)
{
    private readonly Lock _gate = new();
    private TrainingSession? _session;
    private volatile StatusReader? _status;
    private bool _paused;
    private bool _stopped;
    private bool _isAbandoned;
    private volatile bool _isFenced;

    /// <summary>What it does; null before it has begun.</summary>
    public ClusterStatus? Status => _status?.Read();

    /// <summary>Has it pause, go on, or stop after its step. From any thread, at any time.</summary>
    public void Be(bool paused, bool stopped)
    {
        lock (_gate)
        {
            if (paused != _paused)
            {
                _paused = paused;
                Steer(session => (paused ? (Action)session.Pause : session.Resume)());
            }

            if (stopped && !_stopped)
            {
                _stopped = true;
                Steer(session => session.RequestStop());
            }
        }
    }

    /// <summary>Has it write a checkpoint after its step.</summary>
    public void RequestCheckpoint()
    {
        lock (_gate)
        {
            Steer(session => session.RequestCheckpoint());
        }
    }

    /// <summary>This node coordinates no more: how its training ends is not how the run ends.</summary>
    public bool IsFenced => _isFenced;

    /// <summary>Has it stop after its step, because this node coordinates no more.</summary>
    /// <returns>It writes nothing, and will not: its training has not begun, which may take long to prepare.</returns>
    public bool Fence()
    {
        _isFenced = true;
        bool isAbandoned;
        lock (_gate)
        {
            isAbandoned = _isAbandoned = _session is null;
        }

        Be(paused: false, stopped: true);
        return isAbandoned;
    }

    /// <summary>Trains it to its end.</summary>
    public RunEnded Train()
    {
        using var agreed = agreement;
        try
        {
            var summary = Train(Prepare());
            var state = summary.Status == RunStatus.Stopped ? RunState.Stopped : RunState.Completed;
            return Ended(state, ExitCode.Done, Conclusion.Text(summary, node.Folder.RunFolderOf(queued.Id)));
        }
        catch (UserException fenced) when (fenced.ExitCode == ExitCode.Fenced)
        {
            return new RunEnded(queued.Id, RunState.Failed, ExitCode.Fenced, fenced.Message);
        }
        catch (UserException failure)
        {
            node.Log.CannotGoOn($"{queued.Id}: {failure.Message}", (int)failure.ExitCode);
            var state = failure.ExitCode == ExitCode.Diverged ? RunState.Diverged : RunState.Failed;
            return Ended(state, failure.ExitCode, failure.Message);
        }
#pragma warning disable CA1031 // Whatever ends a run, the node lives on and says so.
        catch (Exception problem)
#pragma warning restore CA1031
        {
            var what = $"Something unexpected happened: {problem.GetType().Name}: {Shown.Reason(problem)}";
            node.Log.CannotGoOn($"{queued.Id}: {what}", (int)ExitCode.Unexpected);
            return new RunEnded(queued.Id, RunState.Failed, ExitCode.Unexpected, what);
        }
    }

    /// <summary>The end with all that the run leaves: what cannot be read any more does not hide how it ended.</summary>
    private RunEnded Ended(RunState state, ExitCode exitCode, string message)
    {
        var ended = new RunEnded(queued.Id, state, exitCode, message);
        try
        {
            return ended with { Kept = agreement.Files(null) };
        }
        catch (UserException)
        {
            return ended;
        }
    }

    /// <summary>Reads the run file and its data, from where the submission put them.</summary>
    private PreparedRun Prepare()
    {
        var path = node.Folder.RunFileOf(queued.Id);
        string text;
        try
        {
            text = File.ReadAllText(path, Encoding.UTF8);
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            throw new UserException(ExitCode.Storage, $"{path} cannot be read: {Shown.Reason(problem)}; submit the run again.", problem);
        }

        var files = new SubmittedFiles(node.Folder.DataFolder);
        files.RequireWhole(queued.Files);
        var places = queued.Files.ToDictionary(file => file.Path, files.PathOf);
        return PreparedRun.Load(RunData.At(SubmissionCheck.Read(text, path), places));
    }

    private Summary Train(PreparedRun run)
    {
        var folder = node.Folder.RunFolderOf(queued.Id);
        var options = new TrainOptions
        {
            Workers = 1,
            Resume = RunFolderFiles.HoldsRun(folder),
            RunFolder = folder,
            Agree = agreement.Agree,
            RequireLead = RequireLead,
            KnownLedger = agreement.KnownLedger(),
        };
        var rules = run.Setup(null, keepsRecord: true).Rules;
        var progress = new RunProgress(rules, node.Time);
        using var workers = new WorkerLog(node.Log, rules.Shards, progress, node.Time);
        using var training = new TrainingLog(node.Log, rules, progress, node.Time);
        var log = new RunLog(node.Log, workers, training);
        log.Noted(run.Notes);
        using var engines = new ClusterEngines(run, Options(), node.Log, workers, node.Time, node.Ports);
        rules = engines.Adapt(rules);
        var session = new TrainingSession(run, options, training, progress, node.Time, engines)
        {
            Begins = (board, start) =>
            {
                _status = new StatusReader(run.File.Name, start.Identity, rules, board, progress, node.Time);
                log.Begins(run, start.Identity, (int)start.Step, folder);
            },
        };
        if (!Begin(session))
        {
            throw new UserException(ExitCode.Fenced, "This node does not coordinate any more.");
        }

        try
        {
            var summary = session.Execute();
            log.Ended(summary, folder, ExitCode.Done, null);
            return summary;
        }
        finally
        {
            lock (_gate)
            {
                _session = null;
            }
        }
    }

    private void RequireLead()
    {
        if (_isFenced)
        {
            throw new UserException(ExitCode.Fenced, "This node does not coordinate any more.");
        }

        agreement.RequireLead();
    }

    private ClusterOptions Options() => node.Options.Ports with { Cluster = node.Folder.Record, Term = term };

    /// <summary>What was ordered before is done now.</summary>
    /// <returns>Whether the run may begin.</returns>
    private bool Begin(TrainingSession session)
    {
        lock (_gate)
        {
            if (_isAbandoned)
            {
                return false;
            }

            _session = session;
            if (_paused)
            {
                session.Pause();
            }

            if (_stopped)
            {
                session.RequestStop();
            }

            return true;
        }
    }

    private void Steer(Action<TrainingSession> act)
    {
        if (_session is { } session)
        {
            act(session);
        }
    }
}
