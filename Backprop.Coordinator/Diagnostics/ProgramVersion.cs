using System.Reflection;

namespace Backprop.Coordinator.Diagnostics;

/// <summary>Which program this is.</summary>
internal static class ProgramVersion
{
    private static readonly string Whole =
        typeof(ProgramVersion).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "unknown";

    /// <summary>The version without the commit: 0.1.0.</summary>
    public static string Text { get; } = Whole.Split('+')[0];

    /// <summary>The commit that it was built from; empty where it was built from none.</summary>
    public static string Commit { get; } = Whole.Contains('+', StringComparison.Ordinal) ? Whole.Split('+')[1] : "";
}
