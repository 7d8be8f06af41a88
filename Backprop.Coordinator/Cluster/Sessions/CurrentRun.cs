using System.Net;
using Backprop.Shared.Protocol;
using Backprop.Worker.Protocol;
using Grpc.Core;

namespace Backprop.Coordinator.Cluster.Sessions;

/// <summary>The run into which a server lets workers, or none: the server outlives its runs.</summary>
internal sealed class CurrentRun : IClusterCalls, IRunDoor
{
    private readonly ManualResetGate _opened = new();
    private volatile WorkerSessions? _sessions;

    /// <inheritdoc/>
    public void Open(WorkerSessions sessions)
    {
        _sessions = sessions;
        _opened.Open();
    }

    /// <summary>There is a run.</summary>
    public bool IsOpen => _sessions is not null;

    /// <summary>Waits for a run, not longer than somebody has patience.</summary>
    public Task AwaitAsync(TimeSpan patience, TimeProvider time, CancellationToken ended)
    {
        if (_sessions is null)
        {
            _opened.Close();
        }

        return _sessions is null ? _opened.WaitAsync(patience, time, ended) : Task.CompletedTask;
    }

    /// <inheritdoc/>
    public void Close(WorkerSessions sessions)
    {
#pragma warning disable CS0420 // The exchange is a full fence by itself.
        Interlocked.CompareExchange(ref _sessions, null, sessions);
#pragma warning restore CS0420
    }

    /// <inheritdoc/>
    public Task<JoinReply> Join(JoinRequest request, IPEndPoint caller, CancellationToken ended) =>
        Task.FromResult(Sessions.Join(request, caller));

    /// <inheritdoc/>
    public async Task<FetchReply> Fetch(FetchRequest request, CancellationToken ended)
    {
        var sessions = Sessions;
        if (!sessions.Knows(request.Worker))
        {
            throw new RpcException(new Status(StatusCode.FailedPrecondition, $"Worker {request.Worker} does not take part in this run."));
        }

        return await sessions.Files.Fetch(request, ended)
            ?? throw new RpcException(new Status(StatusCode.NotFound, "The run has no such file, or the file no such byte."));
    }

    private WorkerSessions Sessions => _sessions
        ?? throw new RpcException(new Status(StatusCode.Unavailable, "No run is going on here now; ask again when one is."));
}
