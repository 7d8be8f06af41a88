using System.Reflection;

namespace Backprop.Shared.Primitives;

/// <summary>Which program this is: coordinator, worker and library are built together and have one version.</summary>
internal static class ProgramVersion
{
    private static readonly string[] Whole = (typeof(ProgramVersion).Assembly
        .GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "unknown").Split('+');

    /// <summary>The version without the commit: 0.1.0.</summary>
    public static string Text { get; } = Whole[0];

    /// <summary>The commit that it was built from; empty where it was built from none.</summary>
    public static string Commit { get; } = Whole.ElementAtOrDefault(1) ?? "";
}
