using System.Collections.Concurrent;
using System.Diagnostics;
using Backprop.Coordinator.Cluster.Processes;
using Backprop.Shared.Primitives;
using Backprop.Tests.TestUtilities;

namespace Backprop.Tests.Coordinator.Cluster.Processes;

/// <summary>A host whose workers are small shell scripts, and whose clock the test moves.</summary>
internal sealed class WorkerHostScene : IDisposable
{
    /// <summary>Becomes ready and goes when it is asked or when its input is closed.</summary>
    public const string Works = "echo ready; read line";

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);
    private readonly BlockingCollection<WorkerEnd> _ends = [];
    private readonly BlockingCollection<UserException> _failures = [];
    private readonly ManualResetEventSlim _changed = new();

    /// <param name="script">What the worker with a number does.</param>
    public WorkerHostScene(Func<int, string> script, bool endsTheRun = false, TimeProvider? time = null)
        : this(new WorkerHostOptions { Command = n => new ProcessStartInfo("/bin/sh", ["-c", script(n)]), EndsTheRun = endsTheRun }, time)
    {
    }

    public WorkerHostScene(WorkerHostOptions options, TimeProvider? time = null)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "its workers are scripts of a Unix shell");
        Host = new WorkerHost(options, time ?? Clock);
        Host.Ended += end => _ends.Add(end);
        Host.Failed += _failures.Add;
        Host.Changed += _changed.Set;
    }

    public ManualClock Clock { get; } = new();

    public WorkerHost Host { get; }

    /// <summary>How many ends were told that the test has not asked for.</summary>
    public int EndsNotTaken => _ends.Count;

    public WorkerEnd NextEnd() => Next(_ends);

    public UserException NextFailure() => Next(_failures);

    /// <summary>Waits until the workers are as they should be.</summary>
    public IReadOnlyList<WorkerView> Until(Func<IReadOnlyList<WorkerView>, bool> condition)
    {
        while (true)
        {
            _changed.Reset();
            var views = Host.Views;
            if (condition(views))
            {
                return views;
            }

            _changed.Wait(Patience, TestContext.Current.CancellationToken)
                .ShouldBeTrue($"the workers are still {string.Join("; ", views)}");
        }
    }

    /// <summary>Waits until so many run and there are no others.</summary>
    public IReadOnlyList<WorkerView> UntilRunning(int count) =>
        Until(views => views.Count == count && views.All(view => view.State == WorkerState.Running));

    /// <summary>Waits until one worker is as it should be.</summary>
    public WorkerView Until(int number, WorkerState state) =>
        Until(views => views.Any(view => view.Number == number && view.State == state)).Single(view => view.Number == number);

    public static bool IsAlive(int process)
    {
        try
        {
            using var found = Process.GetProcessById(process);
            return !found.HasExited;
        }
        catch (ArgumentException)
        {
            return false;
        }
    }

    public static void Kill(int process)
    {
        using var found = Process.GetProcessById(process);
        found.Kill();
    }

    public void Dispose()
    {
        Host.Dispose();
        _ends.Dispose();
        _failures.Dispose();
        _changed.Dispose();
    }

    private static T Next<T>(BlockingCollection<T> told)
    {
        told.TryTake(out var next, (int)Patience.TotalMilliseconds, TestContext.Current.CancellationToken).ShouldBeTrue("nothing was told");
        return next!;
    }
}
