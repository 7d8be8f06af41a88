namespace Backprop.Shared.Primitives;

/// <summary>
/// Something a person can mend. The message is one sentence that says what happened, where, and what to do; the command prints it
/// on stderr without a stack trace and leaves with <see cref="ExitCode"/>.
/// </summary>
public class UserException(ExitCode exitCode, string message, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>How the process ends.</summary>
    public ExitCode ExitCode { get; } = exitCode;
}
