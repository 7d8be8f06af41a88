using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization;
using Backprop.Coordinator.Cluster.Orders;

namespace Backprop.Coordinator.Cluster.Record.Witness;

/// <summary>
/// What a witness answers for: its promise, and how far the record went that it was shown. Of the entries it keeps the terms alone; they
/// decide who may be promised a term.
/// </summary>
/// <param name="Record">The record's id.</param>
/// <param name="Number">It is the so-manieth word, counted from 1.</param>
/// <param name="By">A number drawn by who put it there: it knows its own.</param>
/// <param name="Term">The highest term that it knows.</param>
/// <param name="To">Whom it promised that; empty: nobody.</param>
/// <param name="Terms">Which entries are of which term, in order.</param>
/// <param name="Committed">So many were known to be committed.</param>
internal sealed record WitnessWord(
    string Record, long Number, string By, long Term, string To, IReadOnlyList<TermEnd> Terms, long Committed)
{
    private const long EntriesMaximum = 1 << 24;
    private static readonly OrderEntry Blank = new(EntryKind.Term);

    /// <summary>The word as the file that holds it.</summary>
    public byte[] ToBytes() => RecordLine.Of(JsonSerializer.SerializeToUtf8Bytes(this, WitnessJson.Default.WitnessWord));

    /// <summary>The word of a file; null: it is damaged.</summary>
    public static WitnessWord? Read(ReadOnlySpan<byte> bytes)
    {
        try
        {
            return RecordLine.TryRead(bytes, out var json)
                && JsonSerializer.Deserialize(json, WitnessJson.Default.WitnessWord) is { Number: > 0, Term: >= 0, Committed: >= 0 } word
                && IsInOrder(word.Terms) ? word : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>The word that says what a state holds.</summary>
    public static WitnessWord Of(RecordState state, string record, long number, string by)
    {
        var terms = new List<TermEnd>();
        for (var index = 0; index < state.Log.Count; index++)
        {
            var term = state.Log[index].Term;
            if (terms.Count > 0 && terms[^1].Term == term)
            {
                terms[^1] = new(term, index + 1);
            }
            else
            {
                terms.Add(new(term, index + 1));
            }
        }

        return new(record, number, by, state.Promised, state.PromisedTo, terms, Math.Min(state.Committed, state.Log.Count));
    }

    /// <summary>As a voter's copy of the record, whose entries tell nothing.</summary>
    /// <param name="self">The witness' id.</param>
    public RecordState ToState(string self)
    {
        var log = ImmutableList.CreateBuilder<RecordEntry>();
        foreach (var (term, end) in Terms)
        {
            var entry = new RecordEntry(term, Blank);
            while (log.Count < end)
            {
                log.Add(entry);
            }
        }

        return new RecordState
        {
            Self = self,
            Promised = Term,
            PromisedTo = To,
            Log = log.ToImmutable(),
            Committed = Math.Min(Committed, log.Count),
        };
    }

    private static bool IsInOrder(IReadOnlyList<TermEnd> terms)
    {
        var before = new TermEnd(0, 0);
        foreach (var next in terms)
        {
            if (next.Term <= before.Term || next.End <= before.End || next.End > EntriesMaximum)
            {
                return false;
            }

            before = next;
        }

        return true;
    }
}

/// <summary>The end of a term's entries.</summary>
/// <param name="Term">The term.</param>
/// <param name="End">The place of its last entry, counted from 1.</param>
internal readonly record struct TermEnd(long Term, long End);

/// <summary>How a witness' word is written.</summary>
[JsonSerializable(typeof(WitnessWord))]
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true)]
internal sealed partial class WitnessJson : JsonSerializerContext;
