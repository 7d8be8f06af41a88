using System.Collections.Concurrent;
using System.Collections.Immutable;
using Backprop.Coordinator.Cluster.Orders;
using Backprop.Coordinator.Cluster.Record;
using Backprop.Tests.TestUtilities;
using Microsoft.Extensions.Logging;

namespace Backprop.Tests.Coordinator.Cluster.Record;

/// <summary>Copies of a record in one process, which reach each other in memory. Their clock is the test's.</summary>
internal sealed class RecordScene : IDisposable
{
    public const string Record = "0123456789abcdef";
    private const double Beat = 0.5;

    /// <summary>What other threads do within a step: no test depends on it, but without it none would get anywhere.</summary>
    private static readonly TimeSpan Settling = TimeSpan.FromSeconds(2);

    private readonly TemporaryFolder _root = new();
    private readonly ConcurrentDictionary<string, RecordCopy> _copies = [];
    private readonly ConcurrentDictionary<string, int> _delivered = [];

    public ManualClock Clock { get; } = new();

    /// <summary>What was warned of.</summary>
    public WarningList Warnings { get; } = new();

    /// <summary>Calls to these nodes end with an exception that no network should throw.</summary>
    public ConcurrentDictionary<string, bool> Throwing { get; } = [];

    public RecordRules Rules { get; } = new();

    public RecordCopy this[string id] => _copies[id];

    public void Dispose()
    {
        foreach (var copy in _copies.Values)
        {
            copy.Dispose();
        }

        _root.Dispose();
    }

    public string FolderOf(string id) => _root[id];

    /// <summary>Nodes that decide together, each with its copy.</summary>
    public RecordCopy[] Begin(params string[] voters)
    {
        var first = new RecordEntry(1, new OrderEntry(EntryKind.Configured) { Voters = voters });
        return Array.ConvertAll(voters, id => Open(id, first));
    }

    /// <summary>A node with a copy that holds some entries.</summary>
    public RecordCopy Open(string id, params RecordEntry[] entries)
    {
        RecordDisk.Create(FolderOf(id), Record);
        var disk = RecordDisk.Open(FolderOf(id), id, Record, out var empty);
        var state = empty with { Log = [.. entries] };
        disk.Save(empty, state);
        return _copies[id] = new RecordCopy(disk, state, Rules, new Line(this, id), Clock, Warnings);
    }

    /// <summary>A node dies.</summary>
    public void Kill(string id)
    {
        _copies.TryRemove(id, out var copy);
        copy!.Dispose();
    }

    /// <summary>Lets time pass until something is so; says when it took too long.</summary>
    /// <returns>How many seconds it took.</returns>
    public double Until(Func<bool> isSo, double atMost = 60)
    {
        var begun = Clock.GetTimestamp();
        while (!isSo())
        {
            var passed = Clock.GetElapsedTime(begun).TotalSeconds;
            passed.ShouldBeLessThan(atMost, string.Join("; ", _copies.Values.Select(copy => copy.State)));
            Step();
        }

        return Clock.GetElapsedTime(begun).TotalSeconds;
    }

    /// <summary>Who leads, and may act.</summary>
    public RecordCopy UntilLed()
    {
        RecordCopy? leader = null;
        Until(() => (leader = _copies.Values.FirstOrDefault(copy => copy.State.IsOpen)) is not null);
        return leader!;
    }

    /// <summary>A heartbeat passes; who leads is waited for, until it has sent.</summary>
    public void Step()
    {
        var leading = _copies.Where(copy => copy.Value.State.Leads).Select(copy => copy.Key).ToList();
        var before = leading.SelectMany(from => Others(from).Select(to => $"{from} {to}"))
            .ToDictionary(way => way, way => _delivered.GetValueOrDefault(way));
        var asked = Asked();
        Clock.Advance(Beat);
        SpinWait.SpinUntil(
            () => before.All(way => _delivered.GetValueOrDefault(way.Key) > way.Value)
                || !leading.All(id => _copies.TryGetValue(id, out var copy) && copy.State.Leads),
            Settling);
        if (_copies.Values.Any(copy => copy.State.Role is RecordRole.Trying or RecordRole.Candidate))
        {
            SpinWait.SpinUntil(() => Asked() >= asked + _copies.Count - 1 || _copies.Values.Any(copy => copy.State.Leads), Settling / 10);
        }
    }

    private int Asked() => _delivered.GetValueOrDefault("asked");

    private IReadOnlyList<string> Others(string id) => [.. _copies.Keys.Where(other => other != id)];

    private T? Deliver<T>(string way, string to, Func<RecordCopy, T?> call)
        where T : class
    {
        try
        {
            return Throwing.ContainsKey(to)
                ? throw new InvalidOperationException("no network throws this")
                : _copies.TryGetValue(to, out var copy) ? call(copy) : null;
        }
        finally
        {
            _delivered.AddOrUpdate(way, 1, (_, count) => count + 1);
        }
    }

    private sealed class Line(RecordScene scene, string from) : IRecordNetwork
    {
        public IReadOnlyList<string> Others => scene.Others(from);

        public Task<RecordInput.PromiseAnswered?> AskAsync(string node, RecordInput.PromiseAsked asked, CancellationToken ending) =>
            Task.FromResult(scene.Deliver("asked", node, copy => copy.Judge(asked) is { } answer
                ? new RecordInput.PromiseAnswered(node, asked.Term, asked.IsTrial, answer.IsGiven, answer.Promised)
                : null));

        public Task<RecordInput.EntriesAnswered?> SendAsync(
            string node, RecordInput.EntriesCame entries, IReadOnlyList<bool> superseded, CancellationToken ending) =>
            Task.FromResult(scene.Deliver($"{from} {node}", node, copy => copy.Take(entries) is { } answer
                ? new RecordInput.EntriesAnswered(node, entries.Term, answer.IsTaken, answer.Matched, answer.Promised)
                : null));
    }
}

/// <summary>Keeps what was warned of.</summary>
internal sealed class WarningList : ILogger
{
    private ImmutableList<string> _lines = [];

    public IReadOnlyList<string> Lines => _lines;

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(
        LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
        ImmutableInterlocked.Update(ref _lines, lines => lines.Add(formatter(state, exception)));
}
