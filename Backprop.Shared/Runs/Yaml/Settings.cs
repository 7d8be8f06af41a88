using System.Collections.Concurrent;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text.Json;
using Backprop.Shared.Primitives;

namespace Backprop.Shared.Runs.Yaml;

/// <summary>The settings of a type, found by reflection once: those of its bases first, in order of declaration.</summary>
internal sealed class Settings
{
    private static readonly ConcurrentDictionary<Type, Settings> Known = new();
    private readonly Type _type;

    private Settings(Type type)
    {
        _type = type;
        var properties = type.GetProperties(BindingFlags.Public | BindingFlags.Instance)
            .Where(property => property.SetMethod is { IsPublic: true } && property.GetIndexParameters().Length == 0)
            .OrderBy(property => Depth(property.DeclaringType!)).ThenBy(property => property.MetadataToken).ToList();
        var nullability = new NullabilityInfoContext();
        All = [.. properties.Select(property => Describe(property, nullability))];
        var marked = properties.FindIndex(property => property.IsDefined(typeof(PrimarySettingAttribute)));
        Primary = marked >= 0 ? All[marked] : All.Count == 1 ? All[0] : null;
    }

    /// <summary>Every setting.</summary>
    public IReadOnlyList<Setting> All { get; }

    /// <summary>The setting that a bare value stands for, or null.</summary>
    public Setting? Primary { get; }

    /// <summary>The settings of a type.</summary>
    public static Settings Of(Type type) => Known.GetOrAdd(type, static type => new Settings(type));

    /// <summary>The setting of a key, or null.</summary>
    public Setting? Find(string key) => All.FirstOrDefault(setting => setting.Key == key);

    /// <summary>A new spec with its defaults; required settings are still to be set.</summary>
    public object Create() => Activator.CreateInstance(_type)
        ?? throw new InvalidOperationException($"{_type} cannot be made.");

    private static Setting Describe(PropertyInfo property, NullabilityInfoContext nullability) => new(
        property,
        property.GetCustomAttribute<SettingKeyAttribute>()?.Key ?? JsonNamingPolicy.CamelCase.ConvertName(property.Name),
        property.IsDefined(typeof(RequiredMemberAttribute)),
        nullability.Create(property).WriteState == NullabilityState.Nullable,
        property.IsDefined(typeof(FilePathAttribute)));

    private static int Depth(Type type) => type.BaseType is { } parent ? 1 + Depth(parent) : 0;
}
