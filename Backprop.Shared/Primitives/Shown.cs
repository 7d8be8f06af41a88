using System.Net.Sockets;
using System.Text;

namespace Backprop.Shared.Primitives;

/// <summary>How foreign text appears in a message: on one line, and not without end.</summary>
internal static class Shown
{
    private const int Longest = 60;

    /// <summary>The text, shortened, with control characters replaced.</summary>
    public static string Text(string text)
    {
        var shown = new StringBuilder();
        foreach (var character in text.AsSpan(0, Math.Min(text.Length, Longest)))
        {
            shown.Append(char.IsControl(character) || char.IsSurrogate(character) ? '?' : character);
        }

        return text.Length > Longest ? $"{shown}..." : shown.ToString();
    }

    /// <summary>The text in quotes.</summary>
    public static string Quoted(string text) => $"'{Text(text)}'";

    /// <summary>Why something failed, as part of a sentence of ours: a library's message without its full stop.</summary>
    public static string Reason(Exception problem)
    {
        // What a connection was refused by names the address, which our sentence has.
        var message = problem is SocketException socket ? new SocketException((int)socket.SocketErrorCode).Message : problem.Message;
        return Sentence(message.TrimEnd('.', ' '));
    }

    /// <summary>A library's message as part of a sentence of ours.</summary>
    public static string Sentence(string message) =>
        message.Length > 1 && char.IsUpper(message[0]) && (char.IsLower(message[1]) || message[1] == ' ')
            ? char.ToLowerInvariant(message[0]) + message[1..]
            : message;

    /// <summary>As in <c>a, b and c</c>.</summary>
    public static string List(IReadOnlyList<string> words, string last = "and") =>
        words.Count < 2 ? string.Concat(words) : $"{string.Join(", ", words.SkipLast(1))} {last} {words[^1]}";
}
