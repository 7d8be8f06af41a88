using System.ComponentModel;
using System.Diagnostics;
using Backprop.Coordinator.Diagnostics.Lines;

namespace Backprop.Coordinator.Cluster.Processes;

/// <summary>
/// One worker process, from its start to its end. It holds the process's standard input, which closes when this process is gone, however
/// that came about: so nothing is left behind. What it is told comes on threads of the pool.
/// </summary>
internal sealed class WorkerChild : IDisposable
{
    /// <summary>What a worker writes to its standard output when it is ready for a run.</summary>
    public const string ReadyLine = "ready";

    /// <summary>What it writes there when it waits for a run.</summary>
    public const string WaitingLine = "waiting";

    private const int LinesTold = 20;
    private const int LineMaximum = 500;
    private readonly Process _process;
    private readonly Action _changed;
    private readonly LineRing _lines;
    private readonly long _firstLine;
    private int _openPipes = 2;
    private volatile WorkerState _state = WorkerState.Starting;
    private volatile bool _wasReady;
    private volatile bool _hasExited;

    private WorkerChild(ProcessStartInfo start, LineRing lines, Action changed)
    {
        (_lines, _firstLine) = (lines, lines.Newest(0).Next);
        (start.RedirectStandardInput, start.RedirectStandardError, start.RedirectStandardOutput) = (true, true, true);
        _changed = changed;
        _process = new Process { StartInfo = start, EnableRaisingEvents = true };
        _process.OutputDataReceived += (_, line) => HearOutput(line.Data);
        _process.ErrorDataReceived += (_, line) => HearError(line.Data);
        _process.Exited += (_, _) => Exited();
    }

    public int Id { get; private set; }

    /// <summary>It has been ready for a run.</summary>
    public bool WasReady => _wasReady;

    /// <summary>As it says itself: starting, waiting or running.</summary>
    public WorkerState State => _state;

    /// <summary>It has ended; its last lines may still be on their way.</summary>
    public bool HasExited => _hasExited;

    /// <summary>It has ended and all that it said is here.</summary>
    public bool HasSaidAll => _hasExited && Volatile.Read(ref _openPipes) == 0;

    /// <summary>Of a process that has ended.</summary>
    public int ExitCode => _process.ExitCode;

    /// <summary>The last lines of its standard error.</summary>
    public IReadOnlyList<string> LastLines => [.. _lines.From(_firstLine).Lines.TakeLast(LinesTold)];

    /// <summary>Starts a process.</summary>
    /// <param name="lines">Where its standard error goes, after what others before it have said.</param>
    /// <param name="changed">Told that it is ready or waits, has ended or has said all; from any thread.</param>
    /// <exception cref="Win32Exception">It cannot be started.</exception>
    public static WorkerChild Start(ProcessStartInfo start, LineRing lines, Action changed)
    {
        var child = new WorkerChild(start, lines, changed);
        try
        {
            child._process.Start();
            child.Id = child._process.Id;
            child._process.BeginErrorReadLine();
            child._process.BeginOutputReadLine();
            return child;
        }
        catch (Win32Exception)
        {
            child.Dispose();
            throw;
        }
    }

    /// <summary>Asks it to hand its shards back and go.</summary>
    public void AskToLeave()
    {
        if (!Termination.Ask(_process))
        {
            CloseInput();
        }
    }

    /// <summary>Ends it at once.</summary>
    public void Kill()
    {
        try
        {
            _process.Kill();
        }
        catch (Exception problem) when (problem is InvalidOperationException or Win32Exception)
        {
            // It has ended meanwhile, or ends just now.
        }
    }

    /// <summary>Lets it go. If it still runs, its standard input closes, and it ends by itself.</summary>
    public void Dispose()
    {
        if (Id > 0)
        {
            CloseInput();
        }

        _process.Dispose();
    }

    private void CloseInput()
    {
        try
        {
            _process.StandardInput.Close();
        }
        catch (IOException)
        {
            // It has ended, and its end of the pipe with it.
        }
    }

    private void Exited()
    {
        _hasExited = true;
        _changed();
    }

    private void HearOutput(string? line)
    {
        if (line is null)
        {
            PipeClosed();
        }
        else if (line is ReadyLine or WaitingLine)
        {
            _wasReady |= line == ReadyLine;
            _state = line == ReadyLine ? WorkerState.Running : WorkerState.Waiting;
            _changed();
        }
    }

    private void HearError(string? line)
    {
        if (line is null)
        {
            PipeClosed();
            return;
        }

        if (!string.IsNullOrWhiteSpace(line))
        {
            _lines.Keep(line.Length > LineMaximum ? line[..LineMaximum] : line);
        }
    }

    private void PipeClosed()
    {
        Interlocked.Decrement(ref _openPipes);
        _changed();
    }
}
