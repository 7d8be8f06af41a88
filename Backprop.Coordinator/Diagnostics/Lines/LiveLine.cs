using System.Text;

namespace Backprop.Coordinator.Diagnostics.Lines;

/// <summary>Fits figures into a line: where there is no room for all of them, the least important ones are left out.</summary>
internal static class LiveLine
{
    private const string Gap = "  ";

    /// <summary>The figures in their order, as many as fit.</summary>
    /// <param name="figures">Each with its importance: 1 is the last to go. Empty ones are passed over.</param>
    /// <param name="width">No more characters than these.</param>
    public static string Fit(int width, params ReadOnlySpan<(int Importance, string Text)> figures)
    {
        var least = int.MaxValue;
        while (true)
        {
            var line = new StringBuilder();
            var dropped = 0;
            foreach (var (importance, text) in figures)
            {
                if (importance < least && text.Length > 0)
                {
                    line.Append(line.Length > 0 ? Gap : "").Append(text);
                    dropped = Math.Max(dropped, importance);
                }
            }

            if (line.Length <= width || dropped <= 1)
            {
                return line.ToString(0, Math.Min(line.Length, Math.Max(0, width)));
            }

            least = dropped;
        }
    }
}
