using System.Runtime.InteropServices;
using Backprop.Shared.Primitives;

namespace Backprop.Coordinator.Cli;

/// <summary>
/// Ctrl+C and SIGTERM: the first asks the run to stop after its step, the second leaves at once, as the operating system would.
/// </summary>
internal sealed class StopSignals : IDisposable
{
    private readonly Action _stop;
    private readonly PosixSignalRegistration _interrupt;
    private readonly PosixSignalRegistration _terminate;
    private int _count;
    private bool _drained;

    /// <param name="stop">Asks the run to stop; called once.</param>
    public StopSignals(Action stop)
    {
        _stop = stop;
        _interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Handle);
        _terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Handle);
    }

    /// <summary>What a run that stopped leaves with: by itself, by Ctrl+C, or drained.</summary>
    public ExitCode ExitCode => _count == 0 ? ExitCode.Done : _drained ? ExitCode.Drained : ExitCode.Interrupted;

    public void Dispose()
    {
        _interrupt.Dispose();
        _terminate.Dispose();
    }

    private void Handle(PosixSignalContext context)
    {
        if (Interlocked.Increment(ref _count) > 1)
        {
            return;
        }

        context.Cancel = true;
        _drained = context.Signal == PosixSignal.SIGTERM;
        _stop();
    }
}
