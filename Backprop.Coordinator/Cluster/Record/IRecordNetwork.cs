namespace Backprop.Coordinator.Cluster.Record;

/// <summary>How a node reaches the others that keep the record. From any thread.</summary>
internal interface IRecordNetwork
{
    /// <summary>The ids of the other nodes that may coordinate, as far as this one knows them.</summary>
    IReadOnlyList<string> Others { get; }

    /// <summary>Asks a node for a promise.</summary>
    /// <returns>Its answer; null: it gave none.</returns>
    Task<RecordInput.PromiseAnswered?> AskAsync(string node, RecordInput.PromiseAsked asked, CancellationToken ending);

    /// <summary>Sends entries to a node.</summary>
    /// <param name="superseded">Those whose files are not needed any more, by their place in <paramref name="entries"/>.</param>
    /// <returns>Its answer; null: it gave none.</returns>
    Task<RecordInput.EntriesAnswered?> SendAsync(
        string node, RecordInput.EntriesCame entries, IReadOnlyList<bool> superseded, CancellationToken ending);
}
