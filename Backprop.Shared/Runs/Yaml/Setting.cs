using System.Reflection;

namespace Backprop.Shared.Runs.Yaml;

/// <summary>One setting of a spec: a public property that can be initialised, and its key.</summary>
internal sealed class Setting
{
    private readonly PropertyInfo _property;

    public Setting(PropertyInfo property, string key, bool isRequired, bool acceptsNull, bool isPath)
    {
        _property = property;
        Key = key;
        IsRequired = isRequired;
        AcceptsNull = acceptsNull;
        IsPath = isPath;
    }

    /// <summary>The key in the run file: camelCase, with a dot where it is nested.</summary>
    public string Key { get; }

    /// <summary>The type of the value, without <see cref="Nullable{T}"/>.</summary>
    public Type Type => Nullable.GetUnderlyingType(_property.PropertyType) ?? _property.PropertyType;

    /// <summary>True where a run file must give it.</summary>
    public bool IsRequired { get; }

    /// <summary>True where null is a value.</summary>
    public bool AcceptsNull { get; }

    /// <summary>True for the path of a file.</summary>
    public bool IsPath { get; }

    /// <summary>The value in a spec.</summary>
    public object? Get(object spec) => _property.GetValue(spec);

    /// <summary>Initialises it in a spec that is being made; what the property throws comes through as it is.</summary>
    public void Set(object spec, object? value) =>
        _property.SetValue(spec, value, BindingFlags.DoNotWrapExceptions, binder: null, index: null, culture: null);
}
