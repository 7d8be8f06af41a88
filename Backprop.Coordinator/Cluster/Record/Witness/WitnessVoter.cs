using Backprop.Coordinator.Diagnostics;
using Microsoft.Extensions.Logging;

namespace Backprop.Coordinator.Cluster.Record.Witness;

/// <summary>
/// Speaks for a witness: each node that knows its folder does, and all say the same, since each word follows from the one before. What it
/// answers is what any voter would: the rules are those of <see cref="RecordCore"/>. One caller at a time.
/// </summary>
internal sealed class WitnessVoter
{
    /// <summary>What a leader that ceases writes as its last beat.</summary>
    private const string Resigned = "resigned";

    /// <summary>Others that put words are as fast as a disk: who loses so often in a row gives no answer.</summary>
    private const int TriesMaximum = 20;

    private readonly IWitnessFolder _folder;
    private readonly string _record;
    private readonly RecordRules _rules;
    private readonly Func<TimeSpan> _clock;
    private readonly ILogger _log;
    private readonly string _speaker;
    private WitnessWord? _word;
    private RecordState _state;
    private string _beat = "";
    private TimeSpan? _beatAt;
    private long _beats;
    private long _words;
    private bool _hasWarned;

    /// <param name="folder">Where it is kept.</param>
    /// <param name="record">The record's id.</param>
    /// <param name="clock">For how long this process has run.</param>
    /// <param name="speaker">A number that no other speaker has.</param>
    public WitnessVoter(
        IWitnessFolder folder, string record, RecordRules rules, Func<TimeSpan> clock, string speaker, ILogger log)
    {
        (_folder, _record, _rules, _clock, _speaker, _log) = (folder, record, rules, clock, speaker, log);
        _state = new RecordState { Self = folder.Id };

        // Nobody knows yet whether a leader is there.
        _beatAt = clock();
    }

    /// <summary>Its id.</summary>
    public string Id => _folder.Id;

    /// <summary>Looks whether a leader has written its beat since: this node's clock says for how long it has not.</summary>
    public void Look() => _ = OrNull(() =>
    {
        var beat = _folder.Beat;
        if (beat != _beat)
        {
            (_beat, _beatAt) = (beat, beat == Resigned ? null : _clock());
        }

        return "";
    });

    /// <summary>Whether it promises a term, or would.</summary>
    /// <returns>Null: the folder cannot be reached.</returns>
    public RecordInput.PromiseAnswered? Judge(RecordInput.PromiseAsked asked) => Advance(asked)?.Promise is { } promise
        ? new(Id, asked.Term, asked.IsTrial, promise.IsGiven, promise.Promised)
        : null;

    /// <summary>Takes what a leader sends, and writes its beat.</summary>
    /// <returns>Null: the folder cannot be reached.</returns>
    public RecordInput.EntriesAnswered? Take(RecordInput.EntriesCame came)
    {
        if (Advance(came)?.Entries is not { } entries)
        {
            return null;
        }

        if (entries.Promised == came.Term && (entries.IsTaken || came.Resigns))
        {
            _ = OrNull(() => _folder.Beat = came.Resigns ? Resigned : $"{_speaker} {++_beats}");
        }

        return new(Id, came.Term, entries.IsTaken, entries.Matched, entries.Promised);
    }

    private RecordOutput? Advance(RecordInput input)
    {
        for (var tries = 0; tries < TriesMaximum; tries++)
        {
            if (OrNull(() => TryAdvance(input)) is not { } tried)
            {
                return null;
            }

            if (tried.Output is { } output)
            {
                return output;
            }
        }

        return null;
    }

    /// <summary>Reads the newest word, and puts the one that follows, if another does.</summary>
    /// <returns>No output: another was faster.</returns>
    private Tried? TryAdvance(RecordInput input)
    {
        if (!Read())
        {
            return null;
        }

        var hears = _state with { HeardAt = _beatAt };
        var output = RecordCore.Advance(hears, input, _clock(), _rules);
        var next = output.State;
        if (next.Promised == _state.Promised && next.PromisedTo == _state.PromisedTo && ReferenceEquals(next.Log, _state.Log))
        {
            return new(output);
        }

        var word = WitnessWord.Of(next, _record, (_word?.Number ?? 0) + 1, $"{_speaker} {++_words}");
        if (!_folder.TryPut(word))
        {
            return new(null);
        }

        (_word, _state) = (word, Kept(next));
        return new(output);
    }

    private bool Read()
    {
        var word = _folder.Newest(out var isDamaged);
        if (isDamaged || (word is not null && word.Record != _record))
        {
            Warn(isDamaged ? "its newest word is damaged" : "it is another cluster's");
            return false;
        }

        if (word?.Number != _word?.Number || word?.By != _word?.By)
        {
            (_word, _state) = (word, word?.ToState(Id) ?? new RecordState { Self = Id });
        }

        return true;
    }

    /// <summary>What a word keeps of a state. The rest is each speaker's own.</summary>
    private RecordState Kept(RecordState state) => new()
    {
        Self = Id,
        Promised = state.Promised,
        PromisedTo = state.PromisedTo,
        Log = state.Log,
        Committed = state.Committed,
    };

    private T? OrNull<T>(Func<T?> act)
        where T : class
    {
        try
        {
            var result = act();
            _hasWarned &= result is null;
            return result;
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            Warn(Shared.Primitives.Shown.Reason(problem));
            return null;
        }
    }

    private void Warn(string why)
    {
        if (!_hasWarned)
        {
            _hasWarned = true;
            _log.WitnessSilent(_folder.Path, why);
        }
    }

    private sealed record Tried(RecordOutput? Output);
}
