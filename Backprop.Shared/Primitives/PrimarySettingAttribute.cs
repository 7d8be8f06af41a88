namespace Backprop.Shared.Primitives;

/// <summary>
/// Marks the setting that a bare value stands for, so that <c>linear: 128</c> means <c>linear: { out: 128 }</c>. A spec with one
/// setting needs no mark.
/// </summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class PrimarySettingAttribute : Attribute;
