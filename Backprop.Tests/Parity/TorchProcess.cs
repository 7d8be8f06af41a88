using System.Diagnostics;
using Backprop.Tests.Shared.Runs;

namespace Backprop.Tests.Parity;

/// <summary>Debian's Python, which finds PyTorch where python3-torch is installed.</summary>
internal static class TorchProcess
{
    /// <summary>What the script ends with where there is no PyTorch.</summary>
    public const int WithoutTorch = 77;

    public const string Missing = "/usr/bin/python3 has no PyTorch (Debian: python3-torch); compared with recorded.json alone.";

    private const string Python = "/usr/bin/python3";
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    public static bool IsPossible => File.Exists(Python);

    /// <summary>Runs twenty_steps.py on a folder of exported runs: one start for all, because importing PyTorch takes seconds.</summary>
    public static (int ExitCode, string Output, string Errors) Run(string folder)
    {
        var script = Path.Combine(Examples.Root, "Backprop.Tests", "Parity", "twenty_steps.py");
        using var process = Process.Start(new ProcessStartInfo(Python, [script, folder])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        var output = process.StandardOutput.ReadToEndAsync();
        var errors = process.StandardError.ReadToEndAsync();
        if (!process.WaitForExit(Patience))
        {
            process.Kill(entireProcessTree: true);
            Assert.Fail($"{script} did not end within {Patience}.");
        }

        return (process.ExitCode, output.GetAwaiter().GetResult(), errors.GetAwaiter().GetResult());
    }
}
