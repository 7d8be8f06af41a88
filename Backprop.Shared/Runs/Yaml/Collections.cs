using System.Collections;

namespace Backprop.Shared.Runs.Yaml;

/// <summary>Which types are lists and maps, and of what.</summary>
internal static class Collections
{
    private static readonly HashSet<Type> Lists =
    [
        typeof(List<>), typeof(IReadOnlyList<>), typeof(IList<>), typeof(IReadOnlyCollection<>),
        typeof(ICollection<>), typeof(IEnumerable<>),
    ];

    private static readonly HashSet<Type> Maps = [typeof(Dictionary<,>), typeof(IReadOnlyDictionary<,>), typeof(IDictionary<,>)];

    /// <summary>True for a dictionary by text.</summary>
    public static bool IsMap(Type type) => ValueOf(type) is not null;

    /// <summary>The type of a list's items, or null where the type is no list.</summary>
    public static Type? ItemOf(Type? type) =>
        type is null ? null
        : type.IsArray && type.GetArrayRank() == 1 ? type.GetElementType()
        : type.IsGenericType && Lists.Contains(type.GetGenericTypeDefinition()) ? type.GetGenericArguments()[0]
        : null;

    /// <summary>The type of a dictionary's values, or null where the type is no dictionary by text.</summary>
    public static Type? ValueOf(Type? type) =>
        type is { IsGenericType: true } && Maps.Contains(type.GetGenericTypeDefinition()) && type.GetGenericArguments()[0] == typeof(string)
            ? type.GetGenericArguments()[1]
            : null;

    /// <summary>A list of items, of a type that can be assigned to the list's.</summary>
    public static object MakeList(Type list, Type item, int count, Func<int, object?> itemAt)
    {
        var array = Array.CreateInstance(item, count);
        for (var i = 0; i < count; i++)
        {
            array.SetValue(itemAt(i), i);
        }

        return list.IsInstanceOfType(array) ? array : Activator.CreateInstance(typeof(List<>).MakeGenericType(item), array)!;
    }

    /// <summary>An empty dictionary by text.</summary>
    public static IDictionary MakeMap(Type value) =>
        (IDictionary)Activator.CreateInstance(typeof(Dictionary<,>).MakeGenericType(typeof(string), value))!;
}
