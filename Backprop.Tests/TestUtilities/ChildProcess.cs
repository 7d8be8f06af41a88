using System.Diagnostics;

namespace Backprop.Tests.TestUtilities;

/// <summary>Programs that a test runs to their end.</summary>
internal static class ChildProcess
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(4);

    /// <summary>Runs a program; fails where it has not ended after four minutes.</summary>
    public static CommandResult Run(string program, params string[] arguments) => Run(new ProcessStartInfo(program, arguments));

    /// <summary>The same, with what else a start may say; stdout and stderr are redirected here.</summary>
    public static CommandResult Run(ProcessStartInfo start)
    {
        (start.RedirectStandardOutput, start.RedirectStandardError) = (true, true);
        using var process = Process.Start(start)!;

        // Both at once: a program whose one pipe is full waits for ever while the other is read to its end.
        var output = process.StandardOutput.ReadToEndAsync();
        var error = process.StandardError.ReadToEndAsync();
        if (!process.WaitForExit(Limit))
        {
            process.Kill(entireProcessTree: true);
            Assert.Fail($"{start.FileName} {string.Join(' ', start.ArgumentList)} did not end within {Limit}.");
        }

        return new CommandResult(process.ExitCode, output.GetAwaiter().GetResult(), error.GetAwaiter().GetResult());
    }
}
