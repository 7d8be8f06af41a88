using Backprop.Shared.Primitives;

namespace Backprop.Coordinator.Cluster.Processes;

/// <summary>How a process ended, in words.</summary>
/// <param name="Code">Its exit code; of one that a signal ended, 128 and the signal's number.</param>
/// <param name="OutOfMemory">Whether the kernel killed it because memory ran out; null where nobody can know.</param>
internal readonly record struct ProcessEnd(int Code, bool? OutOfMemory = null)
{
    /// <summary>The exit code of a process that SIGKILL ended.</summary>
    public const int Killed = SignalBase + 9;

    private const int SignalBase = 128;
    private const int SignalsMaximum = 64;

    /// <summary>Another version, token or data: to start it again helps nothing until a person has done something.</summary>
    public bool CannotTakePart => (ExitCode)Code is ExitCode.Usage or ExitCode.Authentication or ExitCode.Mismatch;

    /// <summary>As part of a sentence.</summary>
    public string Words => Code switch
    {
        Killed => OutOfMemory switch
        {
            true => "killed by the kernel: out of memory",
            false => "killed (SIGKILL)",
            null => "killed (SIGKILL), perhaps out of memory",
        },
        > SignalBase and <= SignalBase + SignalsMaximum => Signal(Code - SignalBase),
        _ => MeaningOf((ExitCode)Code) is { } meaning ? $"exit code {Code} ({meaning})" : $"exit code {Code}",
    };

    private static string Signal(int number) => number switch
    {
        1 => "ended by SIGHUP",
        2 => "ended by SIGINT",
        3 => "ended by SIGQUIT",
        4 => "crashed: SIGILL, an instruction that this processor does not have",
        6 => "crashed: SIGABRT, its runtime gave up",
        7 => "crashed: SIGBUS, a fault of memory or storage",
        8 => "crashed: SIGFPE, an arithmetic fault",
        11 => "crashed: SIGSEGV, a fault in memory",
        13 => "ended by SIGPIPE",
        15 => "ended by SIGTERM",
        24 => "ended by SIGXCPU, its limit of processor time",
        25 => "ended by SIGXFSZ, its limit of file size",
        31 => "ended by SIGSYS, a system call that is not allowed",
        _ => $"ended by signal {number}",
    };

    /// <summary>What README.md promises of an exit code.</summary>
    private static string? MeaningOf(ExitCode code) => code switch
    {
        ExitCode.Done => "done",
        ExitCode.Unexpected => "unexpected",
        ExitCode.Usage => "the command line, the run file or the data is wrong",
        ExitCode.Diverged => "the training diverged",
        ExitCode.TooFewWorkers => "too few workers",
        ExitCode.Storage => "storage failed",
        ExitCode.Authentication => "a wrong or missing token",
        ExitCode.Mismatch => "another version, run or data",
        ExitCode.Dismissed => "dismissed by the coordinator",
        ExitCode.Fenced => "it ceased to coordinate",
        ExitCode.Unreachable => "the coordinator cannot be reached",
        _ => null,
    };
}
