using System.Collections.Immutable;
using Backprop.Coordinator.Cluster.Nodes;
using Backprop.Coordinator.Cluster.Orders;
using Backprop.Coordinator.Cluster.Record;
using Backprop.Tests.Coordinator.Cluster.Fuzz;
using Backprop.Worker.Protocol;
using Google.Protobuf;

namespace Backprop.Tests.Coordinator.Cluster.Nodes;

/// <summary>What is said is read as it was meant; what no node says is not read at all.</summary>
public sealed class RecordMailTests
{
    private const string Record = "0123456789abcdef";
    private static readonly RecordInput.PromiseAsked Asked = new("a", 4, new Position(3, 2), IsTrial: true);

    [Fact]
    public void WhatIsSaidIsRead()
    {
        var came = new RecordInput.EntriesCame(
            GoodMessages.Node().Id, 5, new Position(2, 1), [Entry(3, "x"), Entry(5, "y")], 1, Resigns: true);
        var request = RecordMail.Of(came, [true, false], GoodMessages.Node(), Record);
        var read = RecordMail.Read(AppendRequest.Parser.ParseFrom(request.ToByteArray()))!;

        var none = ImmutableList<RecordEntry>.Empty;
        (read with { Entries = none }).ShouldBe(came with { Entries = none });
        read.Entries.Select(RecordLine.Of).ShouldBe(came.Entries.Select(RecordLine.Of));
        request.Entries.Select(entry => entry.Superseded).ShouldBe([true, false]);
        request.Record.ShouldBe(Record);
        RecordMail.Read(RecordMail.Of(Asked, Record)).ShouldBe(Asked);
        RecordMail.Read(new PromiseReply { Given = true, Promised = 7 }, "b", Asked)
            .ShouldBe(new RecordInput.PromiseAnswered("b", 4, IsTrial: true, IsGiven: true, 7));
        RecordMail.Read(new AppendReply { Taken = true, Matched = 9, Promised = 7 }, "b", 5)
            .ShouldBe(new RecordInput.EntriesAnswered("b", 5, IsTaken: true, 9, 7));
    }

    [Fact]
    public void WhatNobodyAsksIsRefused()
    {
        Action<PromiseRequest>[] spoils =
        [
            request => request.Node = "", request => request.Node = "a\nb", request => request.Node = new string('x', 5000),
            request => request.Term = 0, request => request.Term = -1, request => request.Term = MailCheck.TermMaximum + 1,
            request => request.LastTerm = -1, request => request.LastTerm = long.MaxValue,
            request => request.LastIndex = -1, request => request.LastIndex = int.MaxValue, request => request.LastIndex = long.MinValue,
        ];
        foreach (var spoil in spoils)
        {
            var request = RecordMail.Of(Asked, Record);
            spoil(request);
            RecordMail.Read(request).ShouldBeNull(request.ToString());
        }
    }

    [Fact]
    public void WhatNoLeaderSendsIsRefused()
    {
        Action<AppendRequest>[] spoils =
        [
            request => request.Leader = null, request => request.Leader.Id = "", request => request.Leader.Address = "nowhere",
            request => request.Term = 0, request => request.Term = MailCheck.TermMaximum + 1,
            request => request.BeforeTerm = -1, request => request.BeforeTerm = MailCheck.TermMaximum + 1,
            request => request.BeforeIndex = -1, request => request.BeforeIndex = long.MaxValue,
            request => request.Committed = -1, request => request.Committed = int.MaxValue,
            request => request.Entries.Add(Enumerable.Repeat(request.Entries[0], 1000)),
            request => request.Entries.Add(new RecordEntryLine()),
            request => request.Entries.Add(Line(RecordLine.Of(Entry(6, "of a later term than the message")))),
            request => request.Entries.Add(Line(RecordLine.Of(Entry(0, "of none")))),
            request => request.Entries.Add(Line(RecordLine.Of(Entry(-1, "of none")))),
            request => request.Entries.Add(Line([.. RecordLine.Of(Entry(5, "two")), .. RecordLine.Of(Entry(5, "two"))])),
            request => request.Entries.Add(Line(RecordLine.Of("null"u8))),
            request => request.Entries.Add(Line(RecordLine.Of("{}"u8))),
            request => request.Entries.Add(Line(RecordLine.Of("{\"term\":5,\"what\":null}"u8))),
            request => request.Entries.Add(Line(RecordLine.Of("{\"term\":5,\"what\":{\"kind\":\"Unheard\"}}"u8))),
            request => request.Entries.Add(Line(RecordLine.Of("{\"term\":5,\"what\":{\"kind\":\"Configured\"}}"u8))),
            request => request.Entries.Add(Line(RecordLine.Of("{\"term\":5,\"what\":{\"kind\":\"Configured\",\"voters\":[]}}"u8))),
            request => request.Entries.Add(Line(RecordLine.Of("{\"term\":5,\"what\":{\"kind\":\"Configured\",\"voters\":[null]}}"u8))),
            request => request.Entries.Add(Line(RecordLine.Of("{\"term\":5,\"what\":{\"kind\":\"Durable\",\"kept\":[null]}}"u8))),
            request => request.Entries.Add(Line(RecordLine.Of("{\"term\":5,\"what\":{\"kind\":\"Durable\",\"kept\":[{}]}}"u8))),
            request => request.Entries.Add(Line(RecordLine.Of(
                [.. "{\"term\":5,\"what\":{\"kind\":\"Drained\",\"name\":\""u8, 0xFF, .. "\"}}"u8]))),
        ];
        foreach (var spoil in spoils)
        {
            var request = Good();
            spoil(request);
            RecordMail.Read(request).ShouldBeNull(request.ToString());
        }

        RecordMail.Read(Good()).ShouldNotBeNull();
    }

    [Fact]
    public void AnEntryWithAByteThatIsAnotherIsRefused()
    {
        var line = RecordLine.Of(Entry(5, "name"));
        for (var at = 0; at < line.Length; at++)
        {
            byte[] bad = [.. line];
            bad[at] ^= 1;
            var request = Good();
            request.Entries.Add(Line(bad));
            RecordMail.Read(request).ShouldBeNull($"byte {at}");
            request.Entries[^1].Line = ByteString.CopyFrom(line[..at]);
            RecordMail.Read(request).ShouldBeNull($"{at} bytes");
        }
    }

    [Fact]
    public void WhatNobodyAnswersIsRefused()
    {
        foreach (var promised in (long[])[-1, MailCheck.TermMaximum + 1, long.MaxValue, long.MinValue])
        {
            RecordMail.Read(new PromiseReply { Given = true, Promised = promised }, "b", Asked).ShouldBeNull();
            RecordMail.Read(new AppendReply { Taken = true, Promised = promised }, "b", 5).ShouldBeNull();
        }

        foreach (var matched in (long[])[-1, int.MaxValue, long.MaxValue, long.MinValue])
        {
            RecordMail.Read(new AppendReply { Taken = true, Matched = matched }, "b", 5).ShouldBeNull();
        }
    }

    private static AppendRequest Good() => RecordMail.Of(
        new(GoodMessages.Node().Id, 5, new Position(2, 1), [Entry(3, "x")], 1, Resigns: false), [false], GoodMessages.Node(), Record);

    private static RecordEntry Entry(long term, string name) => new(term, new OrderEntry(EntryKind.Drained) { Name = name });

    private static RecordEntryLine Line(byte[] bytes) => new() { Line = ByteString.CopyFrom(bytes) };
}
