using System.Diagnostics;
using System.Reflection;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Backprop.Tests.TestUtilities;

/// <summary>What a child process may compute with.</summary>
public enum InstructionSet
{
    /// <summary>All that the machine has.</summary>
    All,

    /// <summary>At most 256 bits.</summary>
    NoAvx512,

    /// <summary>At most 128 bits, and no fused multiply-add in hardware.</summary>
    NoAvx2,

    /// <summary>No vectors at all.</summary>
    None,
}

/// <summary>
/// A static method without parameters that gives a text, which <see cref="InstructionSets.RunChild"/> finds by this name.
/// </summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class RoutineAttribute(string name) : Attribute
{
    public string Name { get; } = name;
}

/// <summary>
/// Runs a routine of this assembly in a process of its own under restricted instruction sets, for the rule that no result depends on
/// them. The child first makes sure that the restriction took effect. Fused multiply-adds in software are slow: give it little to do.
/// </summary>
internal static class InstructionSets
{
    public const string Command = "routine";

    /// <summary>What the routine gave.</summary>
    public static string RunChild(InstructionSet set, string routine)
    {
        var start = new ProcessStartInfo(DotnetHost, ["exec", typeof(InstructionSets).Assembly.Location, Command, set.ToString(), routine]);
        foreach (var other in Enum.GetValues<InstructionSet>().Where(other => Switch(other) is not null))
        {
            start.Environment.Remove(Switch(other)!);
        }

        if (Switch(set) is { } name)
        {
            start.Environment[name] = "0";
        }

        var child = ChildProcess.Run(start);
        child.ExitCode.ShouldBe(0, $"Routine '{routine}' under {set}: {child.Error}");
        return child.Output;
    }

    /// <summary>The child's side: writes what the routine gives to stdout.</summary>
    public static int RunHere(InstructionSet set, string routine)
    {
        if (!IsOff(set))
        {
            Console.Error.WriteLine($"The restriction {set} had no effect.");
            return 1;
        }

        var method = typeof(InstructionSets).Assembly.GetTypes()
            .SelectMany(type => type.GetMethods(BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic))
            .Single(method => method.GetCustomAttribute<RoutineAttribute>()?.Name == routine);
        Console.Out.Write((string)method.Invoke(null, null)!);
        return 0;
    }

    // The host that runs this process: three folders above the framework.
    private static string DotnetHost => Path.GetFullPath(
        OperatingSystem.IsWindows() ? "../../../dotnet.exe" : "../../../dotnet", RuntimeEnvironment.GetRuntimeDirectory());

    private static string? Switch(InstructionSet set) => set switch
    {
        InstructionSet.All => null,
        InstructionSet.NoAvx512 => "DOTNET_EnableAVX512",
        InstructionSet.NoAvx2 => "DOTNET_EnableAVX2",
        InstructionSet.None => "DOTNET_EnableHWIntrinsic",
    };

    private static bool IsOff(InstructionSet set) => set switch
    {
        InstructionSet.All => true,
        InstructionSet.NoAvx512 => !Vector512.IsHardwareAccelerated,
        InstructionSet.NoAvx2 => !Vector256.IsHardwareAccelerated,
        InstructionSet.None => !Vector128.IsHardwareAccelerated,
    };
}
