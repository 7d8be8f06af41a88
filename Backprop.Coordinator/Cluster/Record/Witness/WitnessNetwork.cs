namespace Backprop.Coordinator.Cluster.Record.Witness;

/// <summary>Reaches the other nodes as before, and the witness, for which this node speaks itself. From any thread.</summary>
/// <remarks>A storage across a network may hang: then the witness is silent, and one thread waits for it, never the record.</remarks>
internal sealed class WitnessNetwork : IRecordNetwork, IDisposable
{
    private static readonly TimeSpan AnswerLimit = TimeSpan.FromSeconds(2);
    private readonly IRecordNetwork _nodes;
    private readonly WitnessVoter _voter;
    private readonly TimeProvider _time;
    private readonly SemaphoreSlim _gate = new(1);
    private readonly ITimer _looks;

    /// <param name="nodes">How the nodes are reached.</param>
    /// <param name="voter">The witness.</param>
    /// <param name="every">So often it is looked whether a leader is alive.</param>
    public WitnessNetwork(IRecordNetwork nodes, WitnessVoter voter, TimeSpan every, TimeProvider time)
    {
        (_nodes, _voter, _time) = (nodes, voter, time);
        _looks = time.CreateTimer(_ => Look(), null, every, every);
    }

    /// <inheritdoc/>
    public IReadOnlyList<string> Others => [.. _nodes.Others, _voter.Id];

    /// <inheritdoc/>
    public Task<RecordInput.PromiseAnswered?> AskAsync(string node, RecordInput.PromiseAsked asked, CancellationToken ending) =>
        node == _voter.Id ? AnswerAsync(() => _voter.Judge(asked), ending) : _nodes.AskAsync(node, asked, ending);

    /// <inheritdoc/>
    public Task<RecordInput.EntriesAnswered?> SendAsync(
        string node, RecordInput.EntriesCame entries, IReadOnlyList<bool> superseded, CancellationToken ending) =>
        node == _voter.Id ? AnswerAsync(() => _voter.Take(entries), ending) : _nodes.SendAsync(node, entries, superseded, ending);

    /// <inheritdoc/>
    public void Dispose() => _looks.Dispose();

    private async Task<T?> AnswerAsync<T>(Func<T?> act, CancellationToken ending)
        where T : class
    {
        if (!await _gate.WaitAsync(AnswerLimit, ending))
        {
            return null;
        }

        var answer = Task.Run(() => InTurn(act), CancellationToken.None);
        return await Task.WhenAny(answer, Task.Delay(AnswerLimit, _time, ending)) == answer ? await answer : null;
    }

    private void Look()
    {
        if (_gate.Wait(0))
        {
            InTurn<object>(() =>
            {
                _voter.Look();
                return null;
            });
        }
    }

    private T? InTurn<T>(Func<T?> act)
        where T : class
    {
        try
        {
            return act();
        }
        finally
        {
            _gate.Release();
        }
    }
}
