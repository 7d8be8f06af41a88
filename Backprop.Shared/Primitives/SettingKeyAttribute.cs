namespace Backprop.Shared.Primitives;

/// <summary>
/// Gives a setting another key in the run file than its name in camelCase. <c>"test.fraction"</c> is written <c>test: { fraction: ...
/// }</c>, beside a setting <c>test</c> of its own.
/// </summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class SettingKeyAttribute(string key) : Attribute
{
    /// <summary>The key, with a dot where it is nested.</summary>
    public string Key { get; } = key;
}
