using System.Globalization;
using Backprop.Shared.Primitives;

namespace Backprop.Shared.Data.Files;

/// <summary>
/// Turns the texts of labels into classes. Where all are whole numbers they are the classes 0, 1, 2, ...; else they are names, and their
/// ordinal order numbers them. Where the classes are known already (a test set, a model that was trained), every label must be one of
/// them.
/// </summary>
/// <param name="texts">The different labels.</param>
/// <param name="where">Where a label came first, for messages.</param>
/// <param name="source">What the labels come from, for messages.</param>
internal sealed class ClassLabels(IReadOnlyList<string> texts, Func<int, string> where, string source)
{
    /// <summary>More classes than this are taken for a mistake.</summary>
    public const int ClassesMax = 1 << 16;

    /// <summary>The names of classes that are numbers.</summary>
    public static IReadOnlyList<string> Numbers(int classes) => [.. Enumerable.Range(0, classes).Select(Text)];

    /// <summary>The class of each text, and the classes' names, where texts may come more than once.</summary>
    /// <param name="stated">How many classes the run file states, or null.</param>
    /// <param name="known">The classes that are known already; empty where these labels decide.</param>
    public (int[] Classes, IReadOnlyList<string> Names) ResolveAll(int? stated, IReadOnlyList<string> known)
    {
        var firsts = new List<int>();
        var codes = new int[texts.Count];
        var seen = new Dictionary<string, int>(StringComparer.Ordinal);
        for (var index = 0; index < codes.Length; index++)
        {
            if (!seen.TryGetValue(texts[index], out codes[index]))
            {
                seen[texts[index]] = codes[index] = firsts.Count;
                firsts.Add(index);
            }
        }

        var distinct = new ClassLabels([.. firsts.Select(index => texts[index])], code => where(firsts[code]), source);
        var (classes, names) = distinct.Resolve(stated, known);
        return ([.. codes.Select(code => classes[code])], names);
    }

    /// <summary>The class of each text, all different, and the classes' names.</summary>
    /// <param name="stated">How many classes the run file states, or null.</param>
    /// <param name="known">The classes that are known already; empty where these labels decide.</param>
    public (int[] Classes, IReadOnlyList<string> Names) Resolve(int? stated, IReadOnlyList<string> known)
    {
        if (known.Count > 0)
        {
            return (AmongKnown(known), known);
        }

        var numbers = new long?[texts.Count];
        for (var index = 0; index < numbers.Length; index++)
        {
            numbers[index] = WholeNumber(texts[index]);
        }

        return Array.TrueForAll(numbers, number => number is not null) ? AsNumbers(numbers, stated) : AsNames(numbers, stated);
    }

    private (int[] Classes, IReadOnlyList<string> Names) AsNumbers(long?[] numbers, int? stated)
    {
        var classes = new int[numbers.Length];
        for (var index = 0; index < numbers.Length; index++)
        {
            var number = numbers[index]!.Value;
            if (number < 0 || number >= (stated ?? ClassesMax))
            {
                throw Outside(index, stated is null
                    ? $"is no class from 0 to {ClassesMax - 1}; correct it, or name the column in data.targets if it is a value to predict"
                    : $"is outside the classes 0 to {stated - 1} that data.classes states; correct the label or the number of classes");
            }

            classes[index] = (int)number;
        }

        return (classes, Numbers(stated ?? classes.Max() + 1));
    }

    private (int[] Classes, IReadOnlyList<string> Names) AsNames(long?[] numbers, int? stated)
    {
        if (texts.Count > 0 && IndexOf(index => !IsSeveralNumbers(texts[index])) < 0)
        {
            throw Outside(
                0,
                "is several numbers; is ';' the separator, and the comma a decimal one? Put commas between the cells and points into the "
                + "numbers");
        }

        var fraction = IndexOf(index => numbers[index] is null && IsNumber(texts[index], out _));
        if (fraction >= 0)
        {
            throw Outside(fraction, "is a number but no class (0, 1, 2, ...); correct it, or name the column in data.targets if it " +
                "is a value to predict");
        }

        if (stated is not null && texts.Count > stated)
        {
            // Among classes that are numbers, the text is the slip; among names, the first one too many.
            var odd = numbers[0] is not null ? IndexOf(index => numbers[index] is null) : stated.Value;
            throw Outside(
                odd,
                $"makes {texts.Count} classes ({ColumnNames.Listed([.. texts])}) where data.classes states {stated}; correct the label or "
                + "the number");
        }

        if (stated is not null && texts.Count < stated)
        {
            throw new UserException(
                ExitCode.Usage,
                $"{source} has {texts.Count} different labels ({ColumnNames.Listed([.. texts])}), but data.classes states {stated}; "
                + "correct it or leave it out.");
        }

        var names = texts.Order(StringComparer.Ordinal).ToArray();
        var classes = new int[texts.Count];
        for (var index = 0; index < classes.Length; index++)
        {
            classes[index] = Array.BinarySearch(names, texts[index], StringComparer.Ordinal);
        }

        return (classes, names);
    }

    private int[] AmongKnown(IReadOnlyList<string> known)
    {
        var places = new Dictionary<string, int>(StringComparer.Ordinal);
        for (var place = 0; place < known.Count; place++)
        {
            places.TryAdd(known[place], place);
        }

        var classes = new int[texts.Count];
        for (var index = 0; index < classes.Length; index++)
        {
            var isKnown = places.TryGetValue(texts[index], out classes[index])
                || (WholeNumber(texts[index]) is { } number && places.TryGetValue(Text(number), out classes[index]));
            if (!isKnown)
            {
                throw Outside(
                    index,
                    $"is none of the {known.Count} classes of the training data ({ColumnNames.Listed(known)}); correct it or leave the row "
                    + "out");
            }
        }

        return classes;
    }

    /// <summary>Also "3.0" and "3.000e+00", as tables written by numeric programs have them.</summary>
    private static long? WholeNumber(string text)
    {
        if (long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number))
        {
            return number;
        }

        return IsNumber(text, out var value) && Math.Abs(value) < 1e15 && Math.Floor(value) == value ? (long)value : null;
    }

    private static bool IsNumber(string text, out double value) =>
        double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out value);

    /// <summary>As in <c>5;1</c>: what a table with another separator leaves behind a comma.</summary>
    private static bool IsSeveralNumbers(string text)
    {
        var parts = text.Split(';', '\t');
        return parts.Length > 1 && Array.TrueForAll(parts, part => IsNumber(part.Replace(',', '.'), out _));
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);

    private int IndexOf(Func<int, bool> found)
    {
        for (var index = 0; index < texts.Count; index++)
        {
            if (found(index))
            {
                return index;
            }
        }

        return -1;
    }

    private UserException Outside(int index, string what) =>
        new(ExitCode.Usage, $"{where(index)}: the label '{CsvText.Show(texts[index])}' {what}.");
}
