using Backprop.Tests.TestUtilities;

namespace Backprop.Tests.Parity;

/// <summary>PyTorch, where <see cref="Python"/> has it.</summary>
internal static class TorchProcess
{
    /// <summary>What the script ends with where there is no PyTorch.</summary>
    public const int WithoutTorch = 77;

    public const string Missing = $"{Python.Path} has no PyTorch (Debian: python3-torch); compared with recorded.json alone.";

    /// <summary>Runs twenty_steps.py on a folder of exported runs: one start for all, because importing PyTorch takes seconds.</summary>
    public static CommandResult Run(string folder) =>
        Python.Run(Repository.PathOf("Backprop.Tests", "Parity", "twenty_steps.py"), folder);
}
