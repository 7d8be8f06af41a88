namespace Backprop.Shared.Data;

/// <summary>Something about the data that a person should know: how it was read, or what looks like a mistake.</summary>
/// <param name="Text">A sentence without its full stop.</param>
/// <param name="IsDoubt">True where it looks like a mistake.</param>
internal readonly record struct DataNote(string Text, bool IsDoubt);

/// <summary>What is noted while data is read; each sentence once, and not without end.</summary>
internal sealed class DataNotes
{
    private const int Most = 50;
    private readonly List<DataNote> _notes = [];

    /// <summary>All so far, in order.</summary>
    public IReadOnlyList<DataNote> All => _notes;

    /// <summary>How the data was read.</summary>
    public void Say(string text) => Add(new DataNote(text, false));

    /// <summary>What looks like a mistake.</summary>
    public void Doubt(string text) => Add(new DataNote(text, true));

    private void Add(DataNote note)
    {
        if (_notes.Count < Most && !_notes.Contains(note))
        {
            _notes.Add(note);
        }
    }
}
