namespace Backprop.Shared.Primitives;

/// <summary>
/// Marks a text setting as the path of a file. Paths start at the run file's folder, are kept absolute in the resolved run file, and
/// are no part of a run's identity: the data itself is.
/// </summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class FilePathAttribute : Attribute;
