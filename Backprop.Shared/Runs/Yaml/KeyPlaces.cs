using System.Collections.Concurrent;
using Backprop.Shared.Primitives;

namespace Backprop.Shared.Runs.Yaml;

/// <summary>Where in a run file a key stands, for one that was written in the wrong place.</summary>
internal static class KeyPlaces
{
    private const int Deepest = 4;
    private const int MostKinds = 2;
    private static readonly ConcurrentDictionary<Type, ILookup<string, Place>> Known = new();

    /// <summary>
    /// What the key belongs to: <c>data</c> for <c>targets</c>, <c>model of kind linear</c> for <c>out</c>; none where it stands nowhere.
    /// Where some have it always and others only by their kind, those that have it always.
    /// </summary>
    /// <param name="root">The type of the whole file.</param>
    public static IReadOnlyList<string> Of(Type root, string key)
    {
        var places = Known.GetOrAdd(root, static root => Walk(root, "", 0, null, 0).ToLookup(place => place.Key))[key];
        return
        [
            .. places.Where(place => place.Kind is null || places.All(other => other.Kind is not null))
                .GroupBy(place => place.Path).Select(same => same.Key + OfKind([.. same])),
        ];
    }

    private static string OfKind(IReadOnlyList<Place> same)
    {
        string[] kinds = [.. same.Select(place => place.Kind).OfType<string>().Distinct()];
        return kinds.Length is > 0 and <= MostKinds && kinds.Length < same[0].Kinds ? $" of kind {Shown.List(kinds, "or")}" : "";
    }

    private static IEnumerable<Place> Walk(Type type, string path, int depth, string? kind, int kinds)
    {
        foreach (var setting in Settings.Of(type).All)
        {
            var keys = setting.Key.Split('.');
            var owner = keys.Length == 1 ? path : Under(path, keys[0]);
            yield return new Place(keys[^1], owner.Length == 0 ? "the run file itself" : owner, kind, kinds);
            var inner = Collections.ItemOf(setting.Type) is { } item ? item : setting.Type;
            if (depth == Deepest || Scalars.Has(inner) || Collections.IsMap(inner))
            {
                continue;
            }

            var under = Under(path, setting.Key);
            var family = Family.Of(inner);
            var all = family?.Kinds ?? [];
            foreach (var (held, name) in family is null ? [(inner, kind)] : all.Select(of => (family.Find(of)!, (string?)of)))
            {
                foreach (var place in Walk(held, under, depth + 1, name, family is null ? kinds : all.Count))
                {
                    yield return place;
                }
            }
        }
    }

    private static string Under(string path, string key) => path.Length == 0 ? key : $"{path}.{key}";

    /// <param name="Path">The dotted path of what the key belongs to.</param>
    /// <param name="Kind">The kind that has it there; null where it is always there.</param>
    /// <param name="Kinds">How many kinds there are.</param>
    private readonly record struct Place(string Key, string Path, string? Kind, int Kinds);
}
