using Backprop.Shared.Data;

namespace Backprop.Coordinator.Cli;

/// <summary>How data was read, and what looks like a mistake in it, on stderr: for commands that have no log.</summary>
internal static class NoteLines
{
    /// <summary>A line for each note.</summary>
    public static void Tell(IReadOnlyList<DataNote> notes)
    {
        foreach (var note in notes)
        {
            Console.Error.WriteLine($"backprop: {(note.IsDoubt ? "warning: " : "")}{note.Text}");
        }
    }
}
