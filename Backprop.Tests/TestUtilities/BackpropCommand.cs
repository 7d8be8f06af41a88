using System.Collections.Concurrent;
using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text;

namespace Backprop.Tests.TestUtilities;

/// <summary>The <c>backprop</c> command as it was built, started as people do. It is killed when a test takes too long, or ends.</summary>
internal sealed partial class BackpropCommand : IDisposable
{
    private const int Hangup = 1;
    private const int Interrupt = 2;
    private const int KillAtOnce = 9;
    private const int FirstUserSignal = 10;
    private const int Terminate = 15;
    private const int Continue = 18;
    private const int Stop = 19;
    private const int LastLines = 100;
    private const string CallCountingDelay = "FFFF"; // hexadecimal milliseconds: a minute
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(120);
    private readonly Process _process;
    private readonly CancellationTokenSource _limit = new(Limit);
    private readonly StringBuilder _error = new();
    private readonly BlockingCollection<string> _lines = [];
    private readonly Task<string> _output;

    private BackpropCommand(Process process)
    {
        _process = process;
        _limit.Token.Register(Kill);
        _output = process.StandardOutput.ReadToEndAsync(CancellationToken.None);
        new Thread(ReadLines) { IsBackground = true, Name = "what a command says" }.Start();
    }

    /// <summary>The command of this build: beside the tests' own output, of the same configuration.</summary>
    private static string Executable(string program)
    {
        var own = new DirectoryInfo(AppContext.BaseDirectory);
        var name = OperatingSystem.IsWindows() ? $"{program}.exe" : program;
        return Path.Combine(own.Parent!.Parent!.FullName, "Backprop.Coordinator", own.Name, name);
    }

    /// <summary>Runs a command to its end.</summary>
    /// <param name="folder">Where it is started.</param>
    public static CommandResult Run(string folder, params IEnumerable<string> arguments)
    {
        using var command = Start(folder, arguments);
        return command.Finish();
    }

    /// <summary>Starts a command.</summary>
    /// <param name="folder">Where it is started.</param>
    public static BackpropCommand Start(string folder, params IEnumerable<string> arguments) => Start("backprop", folder, arguments);

    /// <summary>Starts a command that may have only so many files open, connections among them.</summary>
    /// <param name="folder">Where it is started.</param>
    public static BackpropCommand StartWithDescriptors(int descriptors, string folder, params IEnumerable<string> arguments) =>
        StartExactly(
            "/bin/sh", folder, ["-c", $"ulimit -n {descriptors} && exec \"$0\" \"$@\"", Executable("backprop"), .. arguments]);

    /// <summary>Starts a command that shall outlive its terminal.</summary>
    /// <param name="folder">Where it is started.</param>
    public static BackpropCommand StartWithoutHangup(string folder, params IEnumerable<string> arguments) =>
        StartExactly("/bin/sh", folder, ["-c", "trap '' HUP; exec \"$0\" \"$@\"", Executable("backprop"), .. arguments]);

    /// <summary>Runs a command as a line of a shell, with what a shell does to its streams.</summary>
    /// <param name="folder">Where it is started.</param>
    /// <param name="line">The line, without the program's name.</param>
    /// <param name="variables">Of its environment, as in <c>A=1 B=2</c>.</param>
    public static CommandResult Shell(string folder, string line, string variables = "")
    {
        using var command = StartExactly("/bin/sh", folder, ["-c", $"{variables} \"$0\" {line}", Executable("backprop")]);
        return command.Finish();
    }

    /// <summary>Runs a command on a terminal; its two streams come as one, as people see them.</summary>
    /// <param name="folder">Where it is started.</param>
    /// <param name="terminal">What the terminal calls itself.</param>
    /// <param name="columns">How wide it is.</param>
    /// <param name="line">The command, without the program's name.</param>
    public static CommandResult Terminal(string folder, string terminal, int columns, string line)
    {
        var inside = $"stty cols {columns}; exec env TERM='{terminal}' '{Executable("backprop")}' {line}";
        using var command = StartExactly("/usr/bin/script", folder, ["-qec", inside, "/dev/null"]);
        return command.Finish();
    }

    /// <summary>Starts a worker process.</summary>
    /// <param name="folder">Where it is started.</param>
    public static BackpropCommand StartWorker(string folder, params IEnumerable<string> arguments) =>
        Start("backprop-worker", folder, arguments);

    private static BackpropCommand Start(string program, string folder, IEnumerable<string> arguments) =>
        StartExactly(Executable(program), folder, arguments);

    private static BackpropCommand StartExactly(string path, string folder, IEnumerable<string> arguments)
    {
        var start = new ProcessStartInfo(path, arguments)
        {
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };

        // Half a minute of processor time would go into compiling again what runs for seconds. The numbers are the same.
        start.Environment["DOTNET_TC_CallCountingDelayMs"] = CallCountingDelay;
        return new BackpropCommand(Process.Start(start)!);
    }

    /// <summary>Whether commands are started without hearing their terminal close, as under <c>nohup</c>. Linux only.</summary>
    public static bool IgnoresHangups =>
        File.ReadLines("/proc/self/status").First(line => line.StartsWith("SigIgn:", StringComparison.Ordinal))[^1] is
            '1' or '3' or '5' or '7' or '9' or 'b' or 'd' or 'f';

    /// <summary>The process' id.</summary>
    public int Id => _process.Id;

    /// <summary>Reads stderr until a line holds all the given texts.</summary>
    public string WaitForLine(params string[] texts)
    {
        // Many tests may share one command; each has the whole of the time.
        _limit.CancelAfter(Limit);
        foreach (var line in _lines.GetConsumingEnumerable())
        {
            _error.AppendLine(line);
            if (Array.TrueForAll(texts, text => line.Contains(text, StringComparison.Ordinal)))
            {
                return line;
            }
        }

        throw new InvalidOperationException($"The command ended without saying '{string.Join("' and '", texts)}', but:\n{LastWords}");
    }

    /// <summary>As Ctrl+C does.</summary>
    public void SendInterrupt() => Send(_process.Id, Interrupt).ShouldBe(0);

    /// <summary>As a terminal does that closes.</summary>
    public void SendHangup() => Send(_process.Id, Hangup).ShouldBe(0);

    /// <summary>As a batch system does before its limit; SIGUSR1, by its number on Linux.</summary>
    public void SendUserSignal() => Send(_process.Id, FirstUserSignal).ShouldBe(0);

    /// <summary>As a service manager does.</summary>
    public void SendTerminate() => Send(_process.Id, Terminate).ShouldBe(0);

    /// <summary>Ends this process alone: SIGKILL.</summary>
    public void SendKill() => Send(_process.Id, KillAtOnce).ShouldBe(0);

    /// <summary>As a terminal does that closes: this process and those that it has started. Linux only.</summary>
    public void SendHangupToAll()
    {
        int[] all = [.. Children(), _process.Id];
        all.ShouldAllBe(process => Send(process, Hangup) == 0);
    }

    /// <summary>Ends the oldest process that it has started, at once. Linux only.</summary>
    public void KillAChild() => Send(Children().Min(), KillAtOnce).ShouldBe(0);

    /// <summary>Holds it: SIGSTOP.</summary>
    public void SendStop() => Send(_process.Id, Stop).ShouldBe(0);

    /// <summary>Lets it go on: SIGCONT.</summary>
    public void SendContinue() => Send(_process.Id, Continue).ShouldBe(0);

    /// <summary>Ends it at once, with what it started.</summary>
    public void Kill()
    {
        try
        {
            _process.Kill(entireProcessTree: true);
        }
        catch (InvalidOperationException)
        {
            // It has ended by itself.
        }
    }

    /// <summary>Waits for its end.</summary>
    public CommandResult Finish()
    {
        foreach (var line in _lines.GetConsumingEnumerable())
        {
            _error.AppendLine(line);
        }

        var output = _output.GetAwaiter().GetResult();
        _process.WaitForExit();
        _limit.IsCancellationRequested.ShouldBeFalse($"The command did not end within {Limit.TotalSeconds} s:\n{output}\n{LastWords}");
        return new CommandResult(_process.ExitCode, output, _error.ToString());
    }

    public void Dispose()
    {
        Kill();
        _limit.Dispose();
        _process.Dispose();
    }

    private string LastWords => string.Join('\n', _error.ToString().Split('\n').TakeLast(LastLines));

    /// <summary>Reads all the time: a log that is read too slowly loses lines, and it may be those that a test waits for.</summary>
    private void ReadLines()
    {
        try
        {
            while (_process.StandardError.ReadLine() is { } line)
            {
                _lines.Add(line);
            }
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            // The test is over.
        }

        _lines.CompleteAdding();
    }

    private IEnumerable<int> Children() => Directory.GetDirectories($"/proc/{_process.Id}/task")
        .SelectMany(thread => File.ReadAllText(Path.Combine(thread, "children")).Split(' ', StringSplitOptions.RemoveEmptyEntries))
        .Select(child => int.Parse(child, System.Globalization.CultureInfo.InvariantCulture));

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int Send(int process, int signal);
}

/// <summary>How a command ended.</summary>
/// <param name="ExitCode">Its exit code.</param>
/// <param name="Output">What it wrote to stdout.</param>
/// <param name="Error">What it wrote to stderr.</param>
internal sealed record CommandResult(int ExitCode, string Output, string Error)
{
    /// <summary>Refused with a code, sentences that hold all the given parts, and nothing that only a programmer reads.</summary>
    public void ShouldFail(int exitCode, params string[] parts)
    {
        ExitCode.ShouldBe(exitCode, Error);
        Output.ShouldBeEmpty();
        ShouldSay(parts);
    }

    /// <summary>Done.</summary>
    public CommandResult ShouldSucceed()
    {
        ExitCode.ShouldBe(0, Error);
        ShouldSay();
        return this;
    }

    /// <summary>Says all the given parts on stderr, and shows no stack.</summary>
    public void ShouldSay(params string[] parts)
    {
        Error.ShouldNotContain("   at ");
        Error.ShouldNotContain("Exception");
        foreach (var part in parts)
        {
            Error.ShouldContain(part);
        }
    }
}
