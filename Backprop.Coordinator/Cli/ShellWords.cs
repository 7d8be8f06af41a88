namespace Backprop.Coordinator.Cli;

/// <summary>Writes a command so that a shell reads back the same words.</summary>
internal static class ShellWords
{
    /// <summary>The words of a command; those with anything but plain characters in single quotes.</summary>
    public static string Join(IEnumerable<string> words) => string.Join(' ', words.Select(Quoted));

    private static string Quoted(string word) => word.Length > 0 && word.All(IsPlain)
        ? word
        : $"'{word.Replace("'", @"'\''", StringComparison.Ordinal)}'";

    private static bool IsPlain(char character) =>
        char.IsAsciiLetterOrDigit(character) || "-_./=:,+@%".Contains(character, StringComparison.Ordinal);
}
