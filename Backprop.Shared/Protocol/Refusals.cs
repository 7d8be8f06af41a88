using Backprop.Shared.Primitives;

namespace Backprop.Shared.Protocol;

/// <summary>Refusals: a sentence and the exit code that the worker ends with.</summary>
internal static class Refusals
{
    /// <summary>A refusal.</summary>
    public static Refusal Because(ExitCode exitCode, string reason) => new() { ExitCode = (int)exitCode, Reason = reason };

    /// <summary>What a worker that was refused tells its person; an exit code that is none becomes 1.</summary>
    public static UserException ToException(Refusal refusal)
    {
        var known = Enum.IsDefined((ExitCode)refusal.ExitCode) && refusal.ExitCode != (int)ExitCode.Done;
        var exitCode = known ? (ExitCode)refusal.ExitCode : ExitCode.Unexpected;
        return new UserException(exitCode, WireText.Sentence(refusal.Reason));
    }
}
