using System.Globalization;
using System.Runtime.InteropServices;
using Backprop.Shared.Primitives;

namespace Backprop.Shared.Cli;

/// <summary>
/// The signals that ask a process to end in good order: Ctrl+C; SIGTERM; SIGHUP, which a terminal sends when it closes; SIGUSR1, which
/// batch systems send some time before their limit. Ctrl+C or SIGTERM a second time leaves at once, as the operating system would; the
/// other two never do, for shells and batch systems send them more than once, or before a SIGTERM.
/// </summary>
internal sealed class StopSignals : IDisposable
{
    private readonly Action<ExitCode> _stop;
    private readonly bool _belongsToLauncher;
    private readonly List<PosixSignalRegistration> _registrations = [];
    private int _asked;
    private int _insisted;

    /// <param name="stop">Told once, with the code to leave with.</param>
    /// <param name="belongsToLauncher">
    /// Only SIGTERM counts: the others reach the launcher too, and what becomes of this process is its business.
    /// </param>
    public StopSignals(Action<ExitCode> stop, bool belongsToLauncher = false)
    {
        (_stop, _belongsToLauncher) = (stop, belongsToLauncher);
        Register(PosixSignal.SIGINT);
        Register(PosixSignal.SIGTERM);
        if (!IsHangupIgnored())
        {
            Register(PosixSignal.SIGHUP);
        }

        if (!OperatingSystem.IsWindows())
        {
            Register(FirstUserSignal);
        }
    }

    /// <summary>With which code a run leaves that was stopped: by itself, by Ctrl+C, or by another signal.</summary>
    public ExitCode ExitCode { get; private set; } = ExitCode.Done;

    /// <inheritdoc/>
    public void Dispose() => _registrations.ForEach(registration => registration.Dispose());

    private static PosixSignal FirstUserSignal => (PosixSignal)(OperatingSystem.IsLinux() ? 10 : 30);

    private void Register(PosixSignal signal) => _registrations.Add(PosixSignalRegistration.Create(signal, Handle));

    private void Handle(PosixSignalContext context)
    {
        if (_belongsToLauncher && context.Signal != PosixSignal.SIGTERM)
        {
            context.Cancel = true;
            return;
        }

        if (context.Signal is PosixSignal.SIGINT or PosixSignal.SIGTERM && Interlocked.Increment(ref _insisted) > 1)
        {
            return;
        }

        context.Cancel = true;
        if (Interlocked.Exchange(ref _asked, 1) == 0)
        {
            ExitCode = context.Signal == PosixSignal.SIGINT ? ExitCode.Interrupted : ExitCode.Drained;
            _stop(ExitCode);
        }
    }

    /// <summary>Who starts a process with nohup wants it to outlive the terminal: then the signal came in ignored, and stays so.</summary>
    private static bool IsHangupIgnored()
    {
        const string Ignored = "SigIgn:";
        const string Status = "/proc/self/status";
        var line = File.Exists(Status) ? File.ReadLines(Status).FirstOrDefault(l => l.StartsWith(Ignored, StringComparison.Ordinal)) : null;
        return line is not null
            && (ulong.Parse(line[Ignored.Length..].Trim(), NumberStyles.HexNumber, CultureInfo.InvariantCulture) & 1) != 0;
    }
}
