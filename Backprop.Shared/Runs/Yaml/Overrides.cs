using Backprop.Shared.Primitives;

namespace Backprop.Shared.Runs.Yaml;

/// <summary>
/// Applies <c>--set key=value</c> to a run file before it is bound. It walks along the types, so that a path means the same however the
/// file wrote a choice: <c>model.0.linear.out</c> and <c>model.0.out</c> find the same setting of either form.
/// </summary>
internal static class Overrides
{
    /// <summary>The run file with one key set.</summary>
    public static YamlValue Apply(Type root, YamlValue file, string set)
    {
        var place = Place.OfSet(set);
        var split = set.IndexOf('=');
        var path = split < 0 ? [] : set[..split].Trim().Split('.');
        if (split < 0 || path.Any(string.IsNullOrWhiteSpace))
        {
            throw place.Problem("this sets nothing; write --set key=value, as in --set optimizer.rate=0.01");
        }

        if (path.Length > YamlReader.DeepestNesting)
        {
            throw place.Problem($"this names a key more than {YamlReader.DeepestNesting} deep; no run file has one");
        }

        var value = YamlReader.Read(set[(split + 1)..], (_, _) => place) ?? new YamlScalar(place, "", isPlain: true);
        return Into(root, file, new Step(path, 0, value, place));
    }

    private static YamlValue Into(Type? type, YamlValue? node, Step step)
    {
        if (step.IsDone)
        {
            return step.Value;
        }

        if (Family.Of(type) is { } family)
        {
            return IntoFamily(family, node, step);
        }

        return node is YamlList || Collections.ItemOf(type) is not null ? IntoList(type, node, step) : IntoMap(type, node, step);
    }

    private static YamlMap IntoMap(Type? type, YamlValue? node, Step step)
    {
        if (node is not (null or YamlMap or { IsNull: true }))
        {
            throw step.Place.Problem($"'{step.Behind}' is {node.Noun} and has no key '{step.Key}'; set '{step.Behind}' itself");
        }

        var map = node as YamlMap ?? new YamlMap(step.Place, []);
        var settings = type is null || Scalars.Has(type) || Collections.IsMap(type) ? null : Settings.Of(type);
        if (!step.IsLast && settings?.Find($"{step.Key}.{step.Next.Key}") is not null)
        {
            // A nested setting is an alternative to what stands under its first word. Neither drops the other without being told to.
            RequireAlone(map.Find(step.Key)?.Value, step);
            return map.With(step.Key, step.Place, Into(null, null, step.Next));
        }

        var inner = Collections.ValueOf(type) ?? settings?.Find(step.Key)?.Type;
        return map.With(step.Key, step.Place, Into(inner, map.Find(step.Key)?.Value, step.Next));
    }

    private static void RequireAlone(YamlValue? there, Step step)
    {
        var isFree = there is null or { IsNull: true } or YamlMap { Entries: [] }
            || (there is YamlMap { Entries: [var only] } && only.Key == step.Next.Key);
        if (!isFree)
        {
            throw step.Place.Problem(
                $"'{step.Next.Behind}' says something else already ({Shown.Text(YamlWriter.Line(there!))}), and '{step.Next.Key}' stands "
                + $"alone; add --set {step.Next.Behind}=null before this to drop that");
        }
    }

    private static YamlList IntoList(Type? type, YamlValue? node, Step step)
    {
        var items = node switch
        {
            YamlList list => [.. list.Items],
            null or { IsNull: true } => new List<YamlValue>(),
            _ => throw step.Place.Problem($"'{step.Behind}' is {node.Noun}, not a list; set '{step.Behind}' itself"),
        };
        if (!int.TryParse(step.Key, System.Globalization.NumberStyles.None, null, out var index) || index > items.Count)
        {
            throw step.Place.Problem(
                $"'{step.Behind}' is a list of {items.Count}, in which there is no '{step.Key}'; "
                + $"count from 0, or add one as {items.Count}");
        }

        var item = Into(Collections.ItemOf(type), index < items.Count ? items[index] : null, step.Next);
        if (index < items.Count)
        {
            items[index] = item;
        }
        else
        {
            items.Add(item);
        }

        return new YamlList(node?.Place ?? step.Place, items);
    }

    private static YamlMap IntoFamily(Family family, YamlValue? node, Step step)
    {
        var kind = Choice.KindIn(family, node);
        var map = InKindForm(family, kind, node, step);
        var setting = kind is null ? null : Settings.Of(family.Find(kind)!).Find(step.Key);
        if (step.Key == kind && !step.IsLast)
        {
            return IntoFamily(family, map, step.Next);
        }

        return step.Key != Choice.KindKey && setting is null && family.Find(step.Key) is { } named
            ? IntoNamed(family, kind, named, map, step)
            : map.With(step.Key, step.Place, Into(setting?.Type, map.Find(step.Key)?.Value, step.Next));
    }

    /// <summary>Sets the choice of a kind, or a setting of it, by the kind's name: <c>schedule.cosine.warmupSteps</c>.</summary>
    private static YamlMap IntoNamed(Family family, string? kind, Type named, YamlMap map, Step step)
    {
        // Of the same kind a bare value is the setting that it stands for; the others stay.
        var isBare = step.IsLast && step.Value is YamlScalar { IsNull: false };
        if (isBare && family.Find(kind ?? "") == named && Settings.Of(named).Primary is { } primary)
        {
            return map.With(primary.Key, step.Place, step.Value);
        }

        // Of another kind it is the choice's only where the kind has a setting for it; momentum=0.5 on sgd means something else.
        if (step.IsLast && (kind is null || step.Value is not YamlScalar { IsNull: false } || Settings.Of(named).Primary is not null))
        {
            return new YamlMap(step.Place, [new YamlEntry(step.Key, step.Place, step.Value)]);
        }

        return !step.IsLast && map.Entries.Count == 0
            ? IntoFamily(family, map.With(Choice.KindKey, step.Place, new YamlScalar(step.Place, step.Key, isPlain: true)), step.Next)
            : throw step.Place.Problem(
                $"'{step.Behind}' is not '{step.Key}'{(kind is null ? "" : $" but '{kind}'")}; "
                + $"set {step.Behind}.kind={step.Key} too, before this");
    }

    /// <summary>
    /// The same choice as <c>{ kind: ..., settings }</c>; what names no known kind is left as it is, for the binder to say so.
    /// </summary>
    private static YamlMap InKindForm(Family family, string? kind, YamlValue? node, Step step)
    {
        if (kind is null)
        {
            return node switch
            {
                YamlMap map => map,
                YamlScalar { IsNull: false } scalar => new YamlMap(scalar.Place, [new YamlEntry(Choice.KindKey, scalar.Place, scalar)]),
                null or YamlScalar => new YamlMap(step.Place, []),
                _ => throw step.Place.Problem($"'{step.Behind}' is {node.Noun}, not a {family.Noun}; set '{step.Behind}' itself"),
            };
        }

        var choice = Choice.Read(family, node!, step.Behind);
        var named = new YamlEntry(Choice.KindKey, choice.KindPlace, new YamlScalar(choice.KindPlace, kind, isPlain: true));
        return new YamlMap(choice.Settings.Place, [named, .. choice.Settings.Entries]);
    }

    /// <summary>How far along the path a walk is.</summary>
    private readonly record struct Step(string[] Path, int At, YamlValue Value, Place Place)
    {
        public bool IsDone => At == Path.Length;

        public bool IsLast => At == Path.Length - 1;

        public string Key => Path[At];

        public string Behind => string.Join('.', Path[..At]);

        public Step Next => this with { At = At + 1 };
    }
}
