namespace Backprop.Coordinator.Diagnostics.Lines;

/// <summary>What a log is written to: lines that stay, and on a terminal that can one below them that changes in place.</summary>
internal abstract class LogTerminal
{
    /// <summary>Whether a line can change in place.</summary>
    public virtual bool IsLive => false;

    /// <summary>What is behind standard error.</summary>
    public static LogTerminal OfStandardError() => Console.IsErrorRedirected ? new PlainLog(Console.Error) : ColouredLog.OfStandardError();

    /// <summary>Writes lines, and the changing one below them.</summary>
    /// <param name="lines">Each with how it looks.</param>
    /// <param name="live">What changes in place; null: nothing.</param>
    public abstract void Write(IReadOnlyList<LogLine> lines, ILiveLine? live);
}
