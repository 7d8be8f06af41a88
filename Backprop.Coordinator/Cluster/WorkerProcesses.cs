using System.Diagnostics;
using Backprop.Shared.Primitives;
using Backprop.Shared.Protocol;

namespace Backprop.Coordinator.Cluster;

/// <summary>
/// Worker processes on this machine. One that dies is started again, after a pause that grows; one that cannot work (another version,
/// data that differ) ends the run with its own words. Each watches its standard input, which closes when this process is gone, however
/// that came about: so nothing is left behind.
/// </summary>
/// <param name="count">How many.</param>
/// <param name="coordinator">Where they connect.</param>
/// <param name="said">Told what people should know.</param>
/// <param name="failed">Told that the run cannot go on.</param>
internal sealed class WorkerProcesses(
    int count, LinkAddress coordinator, Action<string> said, Action<UserException> failed, TimeProvider time) : IDisposable
{
    private const int FruitlessStartsMaximum = 3;
    private const int LinesKept = 20;
    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(0.2);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Fruitful = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan EndLimit = TimeSpan.FromSeconds(3);
    private readonly Lock _gate = new();
    private readonly Child[] _children = new Child[count];
    private bool _over;

    public void Start()
    {
        for (var i = 0; i < count; i++)
        {
            _children[i] = new Child();
            Launch(i);
        }
    }

    /// <summary>The run is over and has told them so: waits until they are gone, and ends those that do not go.</summary>
    public void WaitForEnd()
    {
        lock (_gate)
        {
            _over = true;
        }

        foreach (var child in _children)
        {
            if (child?.Process is { } process)
            {
                process.StandardInput.Close();
                if (!process.WaitForExit(EndLimit))
                {
                    process.Kill();
                    process.WaitForExit();
                }
            }
        }
    }

    public void Dispose()
    {
        WaitForEnd();
        foreach (var child in _children)
        {
            child?.Process?.Dispose();
        }
    }

    private static ProcessStartInfo Command(LinkAddress coordinator)
    {
        var program = Path.Combine(AppContext.BaseDirectory, OperatingSystem.IsWindows() ? "backprop-worker.exe" : "backprop-worker");
        var start = File.Exists(program)
            ? new ProcessStartInfo(program)
            : new ProcessStartInfo("dotnet") { ArgumentList = { Path.Combine(AppContext.BaseDirectory, "backprop-worker.dll") } };
        foreach (var argument in (string[])["--coordinator", coordinator.ToString(), "--slots", "1", "--watch-stdin"])
        {
            start.ArgumentList.Add(argument);
        }

        (start.RedirectStandardInput, start.RedirectStandardError, start.RedirectStandardOutput) = (true, true, true);
        return start;
    }

    private void Launch(int index)
    {
        lock (_gate)
        {
            if (_over)
            {
                return;
            }

            var child = _children[index];
            try
            {
                var process = new Process { StartInfo = Command(coordinator), EnableRaisingEvents = true };
                process.ErrorDataReceived += (_, line) => child.Keep(line.Data);
                process.Exited += (_, _) => Ended(index, process);
                child.Process?.Dispose();
                child.Process = process;
                child.StartedAt = time.GetTimestamp();
                process.Start();
                process.BeginErrorReadLine();
                process.BeginOutputReadLine();
            }
            catch (System.ComponentModel.Win32Exception problem)
            {
                failed(new UserException(
                    ExitCode.Unexpected,
                    $"backprop-worker cannot be started from {AppContext.BaseDirectory}: {Shown.Reason(problem)}.",
                    problem));
            }
        }
    }

    private void Ended(int index, Process process)
    {
        TimeSpan pause;
        lock (_gate)
        {
            var child = _children[index];
            if (_over || child.Process != process)
            {
                return;
            }

            // The last lines may still be on their way.
            process.WaitForExit();
            var code = process.ExitCode;
            var words = child.LastWords();
            if (code is (int)ExitCode.Usage or (int)ExitCode.Authentication or (int)ExitCode.Mismatch)
            {
                failed(new UserException((ExitCode)code, $"A worker process cannot take part: {words}"));
                return;
            }

            child.Fruitless = time.GetElapsedTime(child.StartedAt) < Fruitful ? child.Fruitless + 1 : 0;
            if (child.Fruitless >= FruitlessStartsMaximum)
            {
                failed(new UserException(
                    ExitCode.TooFewWorkers,
                    $"A worker process ended {child.Fruitless} times soon after its start, last with {Meaning(code)}: {words}"));
                return;
            }

            pause = FirstPause * (1 << child.Fruitless);
            pause = pause > LongestPause ? LongestPause : pause;
            said($"worker process {process.Id} ended with {Meaning(code)}; started again in {pause.TotalSeconds:0.0} s. {words}".TrimEnd());
        }

        var timer = time.CreateTimer(_ => Launch(index), null, pause, Timeout.InfiniteTimeSpan);
        _children[index].Timer = timer;
    }

    private static string Meaning(int code) => code switch
    {
        > 128 and < 160 => $"signal {code - 128}{(code == 137 ? " (killed; out of memory?)" : "")}",
        _ => $"exit code {code}",
    };

    private sealed class Child
    {
        private readonly Queue<string> _lines = new(LinesKept);

        public Process? Process { get; set; }

        public ITimer? Timer { get; set; }

        public long StartedAt { get; set; }

        public int Fruitless { get; set; }

        public void Keep(string? line)
        {
            if (string.IsNullOrWhiteSpace(line))
            {
                return;
            }

            lock (_lines)
            {
                if (_lines.Count == LinesKept)
                {
                    _lines.Dequeue();
                }

                _lines.Enqueue(line);
            }
        }

        public string LastWords()
        {
            lock (_lines)
            {
                return _lines.Count == 0 ? "" : $"It said last: {_lines.Last()}";
            }
        }
    }
}
