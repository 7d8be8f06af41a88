using Spectre.Console;
using Spectre.Console.Rendering;

namespace Backprop.Coordinator.Diagnostics.Lines;

/// <summary>
/// A terminal that people watch. The library finds out how wide it is and what it understands; long lines are left for the terminal to
/// wrap, so that paths can be copied whole.
/// </summary>
/// <param name="console">Where it is.</param>
internal sealed class ColouredLog(IAnsiConsole console) : LogTerminal
{
    private const string ToLineStart = "\r\u001b[2K";
    private static readonly Style Dim = new(decoration: Decoration.Dim);
    private static readonly Style Good = new(Color.Green);
    private static readonly Style Warning = new(Color.Yellow);
    private static readonly Style Failure = new(Color.Red);
    private bool _hasLive;

    /// <inheritdoc/>
    public override bool IsLive => true;

    /// <summary>The terminal behind standard error; plain lines where it understands no escapes.</summary>
    public static new LogTerminal OfStandardError()
    {
        var console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new StandardErrorOutput() });
        return console.Profile.Capabilities.Ansi ? new ColouredLog(console) : new PlainLog(Console.Error);
    }

    /// <inheritdoc/>
    public override void Write(IReadOnlyList<LogLine> lines, ILiveLine? live)
    {
        var text = live?.Text(console.Profile.Width - 1);
        if (lines.Count == 0 && text is null && !_hasLive)
        {
            return;
        }

        console.Write(new Lines(_hasLive, lines, text));
        _hasLive = text is not null;
    }

    private static Style StyleOf(Look look) => look switch
    {
        Look.Plain => Style.Plain,
        Look.Dim => Dim,
        Look.Good => Good,
        Look.Warning => Warning,
        Look.Failure => Failure,
    };

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
                foreach (var (text, look) in line.Parts)
                {
                    yield return new Segment(text, StyleOf(look));
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
