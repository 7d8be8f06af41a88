using System.Collections.Concurrent;
using Backprop.Coordinator.Cluster.Orders;

namespace Backprop.Coordinator.Cluster.Record;

/// <summary>
/// Carries a leader's entries to the others, one at a time to each, and a candidate's questions. One that is slow or gone holds up nobody
/// else.
/// </summary>
internal sealed class RecordSenders : IDisposable
{
    private readonly RecordCopy _copy;
    private readonly IRecordNetwork _network;
    private readonly RecordRules _rules;
    private readonly TimeProvider _time;
    private readonly CancellationTokenSource _ending = new();
    private readonly ConcurrentDictionary<string, SemaphoreSlim> _others = [];
    private readonly ITimer _beats;

    public RecordSenders(RecordCopy copy, IRecordNetwork network, RecordRules rules, TimeProvider time)
    {
        (_copy, _network, _rules, _time) = (copy, network, rules, time);
        _beats = time.CreateTimer(_ => SendNow(), null, rules.HeartbeatEvery, rules.HeartbeatEvery);
    }

    /// <summary>Wakes whoever sends to the others.</summary>
    public void SendNow()
    {
        if (_ending.IsCancellationRequested || !_copy.State.Leads)
        {
            return;
        }

        foreach (var other in _network.Others)
        {
            if (!_others.TryGetValue(other, out var wake))
            {
                wake = new SemaphoreSlim(1);
                if (_others.TryAdd(other, wake))
                {
                    _ = Task.Run(() => SendAsync(other, wake));
                }
            }
            else if (wake.CurrentCount == 0)
            {
                wake.Release();
            }
        }
    }

    /// <summary>Asks nodes for promises, or whether they would give them.</summary>
    public void Ask(IEnumerable<string> voters, RecordInput.PromiseAsked asked)
    {
        foreach (var voter in voters.Where(voter => voter != asked.From))
        {
            _ = Task.Run(async () =>
            {
                if (await _network.AskAsync(voter, asked, _ending.Token) is { } answer)
                {
                    _copy.Hear(answer);
                }
            });
        }
    }

    /// <summary>Tells the others that this node, which led, leads no more.</summary>
    public async Task TellResignedAsync(RecordState led)
    {
        await Task.WhenAll(_network.Others.Select(other =>
        {
            var last = RecordLeading.For(led, other, _copy.Now, _rules);
            return _network.SendAsync(other, last with { Entries = [], Resigns = true }, [], _ending.Token);
        }));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _beats.Dispose();
        _ending.Cancel();
    }

    private async Task SendAsync(string other, SemaphoreSlim wake)
    {
        try
        {
            while (true)
            {
                await wake.WaitAsync(_ending.Token);
                if (_copy.For(other) is not { } entries)
                {
                    continue;
                }

                if (await SendAsync(other, entries) is not { } answer)
                {
                    continue;
                }

                _copy.Hear(answer);
                if (!answer.IsTaken || answer.Matched < entries.Before.Index + entries.Entries.Count)
                {
                    // It looks for what it has, or fetches files: not as fast as it can be asked.
                    await Task.Delay(_rules.HeartbeatEvery / 10, _time, _ending.Token);
                }
            }
        }
        catch (OperationCanceledException)
        {
            // The node ends.
        }
    }

    /// <summary>Whatever goes wrong, the next heartbeat is another try: nobody starts this sender again.</summary>
    private async Task<RecordInput.EntriesAnswered?> SendAsync(string other, RecordInput.EntriesCame entries)
    {
        try
        {
            return await _network.SendAsync(other, entries, Superseded(entries), _ending.Token);
        }
        catch (Exception) when (!_ending.IsCancellationRequested)
        {
            return null;
        }
    }

    /// <summary>
    /// The entries whose files nobody needs any more: a later checkpoint of the run is committed, or the run has ended. A node that was
    /// away for long finds them nowhere, and goes on without.
    /// </summary>
    private bool[] Superseded(RecordInput.EntriesCame sent)
    {
        var state = _copy.State;
        var result = new bool[sent.Entries.Count];
        for (var i = 0; i < result.Length; i++)
        {
            var what = sent.Entries[i].What;
            var from = sent.Before.Index + i + 1;
            result[i] = what.Kind switch
            {
                EntryKind.Durable => Later(state, from, what.Of, ended: false),
                EntryKind.Submitted => Later(state, from, what.Of, ended: true),
                _ => false,
            };
        }

        return result;
    }

    private static bool Later(RecordState state, long from, string? run, bool ended)
    {
        for (var index = from; index < state.Committed; index++)
        {
            var what = state.Log[(int)index].What;
            if (what.Of == run && (what.Kind == EntryKind.Ended || (!ended && what.Kind == EntryKind.Durable)))
            {
                return true;
            }
        }

        return false;
    }
}
