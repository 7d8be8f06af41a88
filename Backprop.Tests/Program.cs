using Backprop.Tests.TestUtilities;

namespace Backprop.Tests;

/// <summary>
/// The entry point of the test executable. Besides running the tests it runs one routine alone, in a process whose instruction sets a
/// test has restricted: <see cref="InstructionSets"/>.
/// </summary>
internal static class Program
{
    public static int Main(string[] args) => args is [InstructionSets.Command, var set, var routine]
        ? InstructionSets.RunHere(Enum.Parse<InstructionSet>(set), routine)
        : Xunit.Runner.InProc.SystemConsole.ConsoleRunner.Run(args).GetAwaiter().GetResult();
}
