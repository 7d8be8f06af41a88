using Backprop.Shared.Primitives;
using Backprop.Worker.Shell;

namespace Backprop.Worker.Cli;

/// <summary>Ends a worker that was asked to go: in words where it can, at once where it reads a large file or is in a long layer.</summary>
internal sealed class Leaving(WorkerProcess worker) : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);
    private Deadline? _deadline;

    public void Begin(ExitCode code, string reason)
    {
        _deadline = new Deadline(Patience, TimeProvider.System, () => Environment.Exit((int)code));
        worker.Stop(code, reason);
    }

    public void Dispose() => _deadline?.Dispose();
}
