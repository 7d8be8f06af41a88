namespace Backprop.Tests.TestUtilities;

/// <summary>The system's Python: Debian's finds PyTorch where python3-torch is installed.</summary>
internal static class Python
{
    public const string Path = "/usr/bin/python3";

    public static bool IsHere => File.Exists(Path);

    /// <summary>Runs a script of the repository, which <see cref="Repository.PathOf"/> finds.</summary>
    public static CommandResult Run(string script, params string[] arguments) => ChildProcess.Run(Path, [script, .. arguments]);
}
