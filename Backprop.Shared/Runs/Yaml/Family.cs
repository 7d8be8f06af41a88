using System.Collections.Concurrent;
using System.Reflection;
using Backprop.Shared.Primitives;

namespace Backprop.Shared.Runs.Yaml;

/// <summary>A family of specs (layers, losses, ...) and its <see cref="Catalog{T}"/>, for a type known only at run time.</summary>
internal sealed class Family
{
    private static readonly ConcurrentDictionary<Type, Family> Known = new();
    private readonly PropertyInfo _kinds;
    private readonly Func<string, Type?> _find;

    private Family(Type type)
    {
        Type = type;
        var catalog = typeof(Catalog<>).MakeGenericType(type);
        _kinds = catalog.GetProperty(nameof(Catalog<>.Kinds))!;
        _find = catalog.GetMethod(nameof(Catalog<>.Find))!.CreateDelegate<Func<string, Type?>>();
    }

    /// <summary>The abstract record.</summary>
    public Type Type { get; }

    /// <summary>What one of them is called: <c>layer</c>.</summary>
    public string Noun => (Type.Name.EndsWith("Spec", StringComparison.Ordinal) ? Type.Name[..^4] : Type.Name).ToLowerInvariant();

    /// <summary>The kinds that are known now.</summary>
    public IReadOnlyList<string> Kinds => (IReadOnlyList<string>)_kinds.GetValue(null)!;

    /// <summary>The family of an abstract type, or null for any other type.</summary>
    public static Family? Of(Type? type) =>
        type is { IsClass: true, IsAbstract: true } ? Known.GetOrAdd(type, static type => new Family(type)) : null;

    /// <summary>The kind of a spec.</summary>
    public static string KindOf(object spec) => Catalog<object>.KindOf(spec.GetType());

    /// <summary>The type of a kind, or null.</summary>
    public Type? Find(string kind) => _find(kind);
}
