using Backprop.Shared.Primitives;

namespace Backprop.Shared.Runs.Yaml;

/// <summary>Finds the known word that somebody may have meant.</summary>
internal static class Nearest
{
    private const int LongestWord = 48;
    private const int MostPlaces = 3;

    /// <summary>
    /// What to say after an unknown word: what it is called here, where it belongs, the nearest known one, or all of them.
    /// </summary>
    /// <param name="word">The word.</param>
    /// <param name="known">The words that may stand there.</param>
    /// <param name="file">The type of the whole file, where the word is a key of one; its keys elsewhere are then known too.</param>
    public static string Advice(string word, IReadOnlyList<string> known, Type? file = null)
    {
        string[] ours = [.. Vocabulary.Of(word)];
        if (Array.Find(ours, known.Contains) is { } called)
        {
            return $"it is called '{called}' here";
        }

        if (Find(word, known) is { } near && (Plain(near) == Plain(word) || (ours.Length == 0 && !Vocabulary.IsAbsent(word))))
        {
            return $"did you mean '{near}'?";
        }

        foreach (var key in file is null ? [] : (string[])[word, .. ours])
        {
            if (KeyPlaces.Of(file!, key) is { Count: > 0 } places)
            {
                var name = key == word ? "it" : $"it is called '{key}' here, and";
                return $"{name} belongs in {Shown.List([.. places.Take(MostPlaces)], "or")}";
            }
        }

        return known.Count == 0 ? "none is known here; leave it out" : $"known {(known.Count == 1 ? "is" : "are")} {Shown.List(known)}";
    }

    /// <summary>
    /// The known word that is near enough, or null. Case and separators do not count, so that <c>weight_decay</c> finds
    /// <c>weightDecay</c>.
    /// </summary>
    public static string? Find(string word, IReadOnlyList<string> known)
    {
        var plain = Plain(word);
        if (plain.Length is 0 or > LongestWord)
        {
            return null;
        }

        var (best, bestDistance) = ((string?)null, int.MaxValue);
        foreach (var candidate in known)
        {
            var other = Plain(candidate);
            var distance = Distance(plain, other);
            if (distance < bestDistance && distance <= Math.Max(1, Math.Min(plain.Length, other.Length) / 3)
                && distance < Math.Min(plain.Length, other.Length))
            {
                (best, bestDistance) = (candidate, distance);
            }
        }

        return best;
    }

    /// <summary>The number of letters to insert, delete, replace or swap with their neighbour.</summary>
    public static int Distance(string a, string b)
    {
        var table = new int[a.Length + 1, b.Length + 1];
        for (var i = 0; i <= a.Length; i++)
        {
            for (var j = 0; j <= b.Length; j++)
            {
                table[i, j] = i == 0 ? j : j == 0 ? i : Math.Min(
                    Math.Min(table[i - 1, j], table[i, j - 1]) + 1,
                    table[i - 1, j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1));
                if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                {
                    table[i, j] = Math.Min(table[i, j], table[i - 2, j - 2] + 1);
                }
            }
        }

        return table[a.Length, b.Length];
    }

    /// <summary>A word without case and separators.</summary>
    public static string Plain(string word) => word.Replace("-", "").Replace("_", "").ToUpperInvariant();
}
