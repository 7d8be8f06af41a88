using Backprop.Coordinator.Diagnostics.Lines;
using Spectre.Console;

namespace Backprop.Tests.Coordinator.Diagnostics;

/// <summary>What a log is written to, in tests.</summary>
internal static class Terminals
{
    /// <summary>A file or a pipe.</summary>
    public static LogTerminal File(TextWriter writer) => new PlainLog(writer);

    /// <summary>A terminal of so many columns, with colours.</summary>
    public static LogTerminal Screen(TextWriter writer, int width) => new ColouredLog(AnsiConsole.Create(new AnsiConsoleSettings
    {
        Ansi = AnsiSupport.Yes,
        ColorSystem = ColorSystemSupport.Standard,
        Interactive = InteractionSupport.Yes,
        Out = new ScreenOutput(writer, width),
    }));

    private sealed class ScreenOutput(TextWriter writer, int width) : IAnsiConsoleOutput
    {
        public TextWriter Writer => writer;

        public bool IsTerminal => true;

        public int Width => width;

        public int Height => 24;

        public void SetEncoding(System.Text.Encoding encoding)
        {
            // Text stays text.
        }
    }
}
