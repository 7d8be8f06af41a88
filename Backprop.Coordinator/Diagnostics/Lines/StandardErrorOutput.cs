using System.Runtime.InteropServices;
using System.Text;
using Spectre.Console;

namespace Backprop.Coordinator.Diagnostics.Lines;

/// <summary>Standard error, as wide as its own terminal: the runtime asks standard output, which may be a file.</summary>
internal sealed partial class StandardErrorOutput : IAnsiConsoleOutput
{
    private const int StandardError = 2;
    private const nuint AskForSize = 0x5413;
    private readonly AnsiConsoleOutput _runtimes = new(Console.Error);

    /// <inheritdoc/>
    public TextWriter Writer => _runtimes.Writer;

    /// <inheritdoc/>
    public bool IsTerminal => _runtimes.IsTerminal;

    /// <inheritdoc/>
    public int Width => OperatingSystem.IsLinux() && SizeOf(StandardError, AskForSize, out var size) == 0 && size.Columns > 0
        ? size.Columns : _runtimes.Width;

    /// <inheritdoc/>
    public int Height => _runtimes.Height;

    /// <inheritdoc/>
    public void SetEncoding(Encoding encoding) => _runtimes.SetEncoding(encoding);

    [LibraryImport("libc", EntryPoint = "ioctl")]
    private static partial int SizeOf(int descriptor, nuint request, out Size size);

    /// <summary>The system's <c>winsize</c>.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private readonly struct Size
    {
        public readonly ushort Rows;
        public readonly ushort Columns;
        public readonly ushort WidthInPixels;
        public readonly ushort HeightInPixels;
    }
}
