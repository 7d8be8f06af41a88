namespace Backprop.Shared.Primitives;

/// <summary>
/// The name by which a run file asks for a layer, loss, optimizer, schedule, initialisation or data source: kebab-case, the field's
/// usual word. It makes the type known to <see cref="Catalog{T}"/>; nothing else has to be edited.
/// </summary>
[AttributeUsage(AttributeTargets.Class, Inherited = false)]
public sealed class KindAttribute(string name) : Attribute
{
    /// <summary>The kind, as written in a run file.</summary>
    public string Name { get; } = name;
}
