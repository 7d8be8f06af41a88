using System.Collections.Immutable;
using Backprop.Coordinator.Cluster.Record;
using Backprop.Shared.Protocol;
using Backprop.Worker.Protocol;
using Google.Protobuf;

namespace Backprop.Coordinator.Cluster.Nodes;

/// <summary>
/// What those that keep a record say to each other, as messages. What comes is looked at before the core hears it; null: no node of this
/// version says so. Pure.
/// </summary>
internal static class RecordMail
{
    /// <summary>More entries are not sent at once.</summary>
    private const int EntriesMaximum = 1000;

    /// <summary>No record is so long.</summary>
    private const long IndexMaximum = int.MaxValue / 2;

    public static PromiseRequest Of(RecordInput.PromiseAsked asked, string record) => new()
    {
        Record = record,
        Node = asked.From,
        Term = asked.Term,
        LastTerm = asked.Last.Term,
        LastIndex = asked.Last.Index,
        Trial = asked.IsTrial,
    };

    public static RecordInput.PromiseAsked? Read(PromiseRequest request) =>
        WireText.IsName(request.Node) && IsTerm(request.Term, 1) && IsTerm(request.LastTerm, 0) && IsIndex(request.LastIndex)
            ? new(request.Node, request.Term, new Position(request.LastTerm, request.LastIndex), request.Trial)
            : null;

    public static RecordInput.PromiseAnswered? Read(PromiseReply reply, string from, RecordInput.PromiseAsked asked) =>
        IsTerm(reply.Promised, 0) ? new(from, asked.Term, asked.IsTrial, reply.Given, reply.Promised) : null;

    public static AppendRequest Of(RecordInput.EntriesCame came, IReadOnlyList<bool> superseded, NodeInfo leader, string record)
    {
        var request = new AppendRequest
        {
            Record = record,
            Leader = leader,
            Term = came.Term,
            BeforeTerm = came.Before.Term,
            BeforeIndex = came.Before.Index,
            Committed = came.Committed,
            Resigns = came.Resigns,
        };
        request.Entries.AddRange(came.Entries.Select((entry, i) => new RecordEntryLine
        {
            Line = UnsafeByteOperations.UnsafeWrap(RecordLine.Of(entry)),
            Superseded = superseded[i],
        }));
        return request;
    }

    public static RecordInput.EntriesCame? Read(AppendRequest request)
    {
        if (!MailCheck.IsNode(request.Leader) || !IsTerm(request.Term, 1) || !IsTerm(request.BeforeTerm, 0)
            || !IsIndex(request.BeforeIndex) || !IsIndex(request.Committed) || request.Entries.Count > EntriesMaximum)
        {
            return null;
        }

        var entries = request.Entries.Select(line => RecordLine.ReadEntry(line.Line.Span)).ToImmutableList();
        return entries.All(entry => entry is not null && entry.Term <= request.Term)
            ? new(
                request.Leader.Id, request.Term, new Position(request.BeforeTerm, request.BeforeIndex), entries!, request.Committed,
                request.Resigns)
            : null;
    }

    public static RecordInput.EntriesAnswered? Read(AppendReply reply, string from, long sent) =>
        IsTerm(reply.Promised, 0) && IsIndex(reply.Matched) ? new(from, sent, reply.Taken, reply.Matched, reply.Promised) : null;

    private static bool IsTerm(long term, long least) => term >= least && term <= MailCheck.TermMaximum;

    private static bool IsIndex(long index) => index is >= 0 and <= IndexMaximum;
}
