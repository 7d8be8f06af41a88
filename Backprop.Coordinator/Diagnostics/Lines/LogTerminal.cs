using Spectre.Console;
using Spectre.Console.Rendering;

namespace Backprop.Coordinator.Diagnostics.Lines;

/// <summary>
/// A terminal that people watch: lines that stay, and below them one that changes in place. The library finds out how wide it is and what
/// it understands; long lines are left for the terminal to wrap, so that paths can be copied whole.
/// </summary>
/// <param name="console">Where it is.</param>
internal sealed class LogTerminal(IAnsiConsole console)
{
    private const string ToLineStart = "\r\u001b[2K";
    private bool _hasLive;

    /// <summary>Whether a line can change in place.</summary>
    public bool IsLive { get; } = console.Profile is { Out.IsTerminal: true, Capabilities.Ansi: true };

    /// <summary>
    /// The terminal behind standard error, or what is there instead of one. A file has no escapes, whatever service it is written for:
    /// the library would give them to some.
    /// </summary>
    public static LogTerminal OfStandardError() => new(AnsiConsole.Create(new AnsiConsoleSettings
    {
        Ansi = Console.IsErrorRedirected ? AnsiSupport.No : AnsiSupport.Detect,
        Enrichment = new ProfileEnrichment { UseDefaultEnrichers = false },
        Out = new StandardErrorOutput(),
    }));

    /// <summary>Writes lines, and the changing one below them.</summary>
    /// <param name="lines">Each with how it looks.</param>
    /// <param name="live">What changes in place; null: nothing.</param>
    public void Write(IReadOnlyList<LogLine> lines, ILiveLine? live)
    {
        var text = IsLive ? live?.Text(console.Profile.Width - 1) : null;
        if (lines.Count == 0 && text is null && !_hasLive)
        {
            return;
        }

        if (!console.Profile.Capabilities.Ansi)
        {
            // The library would colour such a terminal by what it writes to standard output.
            console.Profile.Out.Writer.Write(string.Concat(lines.Select(line => line.Text + Environment.NewLine)));
            console.Profile.Out.Writer.Flush();
            return;
        }

        console.Write(new Lines(_hasLive, lines, text));
        _hasLive = text is not null;
    }

    /// <summary>All of it at once, so that nothing comes between.</summary>
    private sealed class Lines(bool hasLive, IReadOnlyList<LogLine> lines, string? live) : Renderable
    {
        protected override IEnumerable<Segment> Render(RenderOptions options, int maxWidth)
        {
            if (hasLive)
            {
                yield return Segment.Control(ToLineStart);
            }

            foreach (var line in lines)
            {
                foreach (var (text, style) in line.Parts)
                {
                    yield return new Segment(text, style);
                }

                yield return Segment.LineBreak;
            }

            if (live is not null)
            {
                yield return new Segment(live);
            }
        }
    }
}
