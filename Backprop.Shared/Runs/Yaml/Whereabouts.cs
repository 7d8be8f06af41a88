using System.Collections.Concurrent;

namespace Backprop.Shared.Runs.Yaml;

/// <summary>Where in a run file a key stands, for one that was written in the wrong place.</summary>
internal static class Whereabouts
{
    private const int Deepest = 4;
    private static readonly ConcurrentDictionary<Type, ILookup<string, Place>> Known = new();

    /// <summary>
    /// What the key belongs to: <c>data</c> for <c>targets</c>; none where it stands nowhere. Where some have it always and others only by
    /// their kind, those that have it always.
    /// </summary>
    /// <param name="root">The type of the whole file.</param>
    public static IReadOnlyList<string> Of(Type root, string key)
    {
        var places = Known.GetOrAdd(root, static root => Walk(root, "", 0, false).ToLookup(place => place.Key))[key];
        return [.. places.Where(place => !place.IsOfKind || places.All(other => other.IsOfKind)).Select(place => place.Path).Distinct()];
    }

    private static IEnumerable<Place> Walk(Type type, string path, int depth, bool isOfKind)
    {
        foreach (var setting in Settings.Of(type).All)
        {
            var keys = setting.Key.Split('.');
            var owner = keys.Length == 1 ? path : Under(path, keys[0]);
            yield return new Place(keys[^1], owner.Length == 0 ? "the run file itself" : owner, isOfKind);
            var inner = Collections.ItemOf(setting.Type) is { } item ? item : setting.Type;
            if (depth == Deepest || Scalars.Has(inner) || Collections.IsMap(inner))
            {
                continue;
            }

            var under = Under(path, setting.Key);
            var family = Family.Of(inner);
            foreach (var held in family is null ? [inner] : family.Kinds.Select(kind => family.Find(kind)!))
            {
                foreach (var place in Walk(held, under, depth + 1, isOfKind || family is not null))
                {
                    yield return place;
                }
            }
        }
    }

    private static string Under(string path, string key) => path.Length == 0 ? key : $"{path}.{key}";

    /// <param name="Path">The dotted path of what the key belongs to.</param>
    /// <param name="IsOfKind">True where only some kind there has it.</param>
    private readonly record struct Place(string Key, string Path, bool IsOfKind);
}
