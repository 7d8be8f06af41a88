namespace Backprop.Coordinator.Diagnostics.Lines;

/// <summary>A file, a pipe, or a terminal that understands no escapes: lines, and nothing else.</summary>
/// <param name="writer">Where they go.</param>
internal sealed class PlainLog(TextWriter writer) : LogTerminal
{
    /// <inheritdoc/>
    public override void Write(IReadOnlyList<LogLine> lines, ILiveLine? live)
    {
        writer.Write(string.Concat(lines.Select(line => line.Text + Environment.NewLine)));
        writer.Flush();
    }
}
