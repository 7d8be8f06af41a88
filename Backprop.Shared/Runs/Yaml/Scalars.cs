using System.Globalization;
using System.Numerics;
using System.Text.Json;
using Backprop.Shared.Primitives;

namespace Backprop.Shared.Runs.Yaml;

/// <summary>Numbers, truth values, words and texts, in the invariant culture.</summary>
internal static class Scalars
{
    /// <summary>True for the types that are written as one scalar.</summary>
    public static bool Has(Type type) => type.IsEnum || type == typeof(string) || type == typeof(bool)
        || type == typeof(int) || type == typeof(long) || type == typeof(uint) || type == typeof(ulong)
        || type == typeof(double) || type == typeof(float);

    /// <summary>Reads a scalar of a type.</summary>
    public static object Read(Type type, YamlValue value, string path)
    {
        if (type == typeof(string))
        {
            return value is YamlScalar { IsNull: false } text ? text.Text : throw Wrong(value, path, "a text");
        }

        if (type == typeof(bool))
        {
            return ReadBool(value, path);
        }

        if (type.IsEnum)
        {
            return ReadEnum(type, value, path);
        }

        return type == typeof(int) ? (object)ReadWhole<int>(value, path)
            : type == typeof(long) ? (object)ReadWhole<long>(value, path)
            : type == typeof(uint) ? (object)ReadWhole<uint>(value, path)
            : type == typeof(ulong) ? (object)ReadWhole<ulong>(value, path)
            : type == typeof(float) ? (object)ReadReal<float>(value, path)
            : type == typeof(double) ? (object)ReadReal<double>(value, path)
            : throw new InvalidOperationException($"A setting cannot be of type {type}.");
    }

    /// <summary>The text of a scalar; reading it gives the same value.</summary>
    public static YamlScalar Write(object value) => value switch
    {
        string text => new YamlScalar(default, text, isPlain: false),
        bool truth => Plain(truth ? "true" : "false"),
        Enum word => Plain(Word(word.ToString())),
        IFormattable number => Plain(number.ToString(null, CultureInfo.InvariantCulture)),
        _ => throw new InvalidOperationException($"A setting cannot be of type {value.GetType()}."),
    };

    private static YamlScalar Plain(string text) => new(default, text, isPlain: true);

    private static bool ReadBool(YamlValue value, string path) => value is not YamlScalar { IsPlain: true } scalar
        ? throw Wrong(value, path, "true or false")
        : scalar.Text switch
        {
            "true" or "True" or "TRUE" => true,
            "false" or "False" or "FALSE" => false,
            _ => throw Wrong(value, path, "true or false"),
        };

    private static object ReadEnum(Type type, YamlValue value, string path)
    {
        var words = Enum.GetNames(type).Select(Word).ToList();
        var text = (value as YamlScalar)?.Text ?? throw Wrong(value, path, $"one of {Shown.List(words)}");
        var at = words.IndexOf(text);
        return at >= 0 ? Enum.Parse(type, Enum.GetNames(type)[at]) : throw Wrong(value, path, $"one of {Shown.List(words)}");
    }

    private static T ReadWhole<T>(YamlValue value, string path)
        where T : struct, IBinaryInteger<T>, IMinMaxValue<T>
    {
        var scalar = NumberIn(value, path, "a whole number");
        return T.TryParse(scalar.Text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) ? number
            : BigInteger.TryParse(Head(scalar.Text), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out _)
                ? throw Wrong(value, path, $"a whole number from {T.MinValue} to {T.MaxValue}")
                : throw Wrong(value, path, "a whole number");
    }

    private static T ReadReal<T>(YamlValue value, string path)
        where T : struct, IFloatingPointIeee754<T>
    {
        var scalar = NumberIn(value, path, "a number");
        if (!T.TryParse(scalar.Text, NumberStyles.Float & ~NumberStyles.AllowTrailingWhite, CultureInfo.InvariantCulture, out var number))
        {
            throw Wrong(value, path, "a number");
        }

        // "Infinity" and "NaN" parse, and so does 1e999; none of them trains anything.
        return T.IsFinite(number) ? number : throw Wrong(value, path, "a finite number");
    }

    private static YamlScalar NumberIn(YamlValue value, string path, string noun) => value switch
    {
        YamlScalar { IsPlain: true, IsNull: false } scalar => scalar,
        YamlScalar { IsPlain: false } text =>
            throw text.Place.Problem($"'{path}' must be {noun}, but is {text.Noun}; take the quotes away"),
        _ => throw Wrong(value, path, noun),
    };

    private static UserException Wrong(YamlValue value, string path, string noun) =>
        value.Place.Problem($"'{path}' must be {noun}, but is {value.Noun}; correct it");

    private static string Head(string text) => text.Length > 100 ? text[..100] : text;

    private static string Word(string member) => JsonNamingPolicy.KebabCaseLower.ConvertName(member);
}
