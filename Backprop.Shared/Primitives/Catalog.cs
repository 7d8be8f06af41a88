using System.Collections.Frozen;
using System.Reflection;

namespace Backprop.Shared.Primitives;

/// <summary>
/// All kinds of one family (layers, losses, ...): every concrete <typeparamref name="TSpec"/> that carries a
/// <see cref="KindAttribute"/>.
/// </summary>
/// <typeparam name="TSpec">The family's abstract record.</typeparam>
public static class Catalog<TSpec>
    where TSpec : class
{
    private static readonly Lock Gate = new();
    private static FrozenDictionary<string, Type> _types = Discover(typeof(TSpec).Assembly, FrozenDictionary<string, Type>.Empty);

    /// <summary>The kinds, in ordinal order.</summary>
    public static IReadOnlyList<string> Kinds => [.. _types.Keys.Order(StringComparer.Ordinal)];

    /// <summary>The type of a kind, or null where there is none.</summary>
    public static Type? Find(string kind) => _types.GetValueOrDefault(kind);

    /// <summary>The kind of a spec's type.</summary>
    public static string KindOf(Type type) =>
        type.GetCustomAttribute<KindAttribute>()?.Name ?? throw new InvalidOperationException($"{type} has no [Kind].");

    /// <summary>Makes the kinds of another assembly known: a user's own layers, losses and sources.</summary>
    public static void Register(Assembly assembly)
    {
        lock (Gate)
        {
            _types = Discover(assembly, _types);
        }
    }

    private static FrozenDictionary<string, Type> Discover(Assembly assembly, FrozenDictionary<string, Type> known)
    {
        var types = new Dictionary<string, Type>(known, StringComparer.Ordinal);
        foreach (var type in assembly.GetTypes())
        {
            if (type.IsAbstract || !typeof(TSpec).IsAssignableFrom(type) || type.GetCustomAttribute<KindAttribute>() is not { } kind)
            {
                continue;
            }

            if (types.TryGetValue(kind.Name, out var other) && other != type)
            {
                throw new InvalidOperationException($"Both {other} and {type} call themselves '{kind.Name}'.");
            }

            types[kind.Name] = type;
        }

        return types.ToFrozenDictionary(StringComparer.Ordinal);
    }
}
