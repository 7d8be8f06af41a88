namespace Backprop.Coordinator.Cluster.Record;

/// <summary>Who leads: trials, promises, and the votes that come of them. Pure.</summary>
internal static class RecordElection
{
    /// <summary>Asks whether a majority would promise.</summary>
    public static RecordOutput Try(RecordState state, TimeSpan now, RecordRules rules)
    {
        var trying = state with
        {
            Role = RecordRole.Trying,
            Leader = "",
            HeardAt = null,
            Votes = [state.Self],
            Tries = state.Tries + 1,
            HighestHeard = state.Promised,
            TriesAt = now + (rules.Patience / 2) + rules.PauseOf(state.Self, state.Promised, state.Tries + 1),
        };
        return trying.HasVotes
            ? Stand(trying, now)
            : new(trying) { Asks = new(state.Self, state.Promised + 1, Position.EndOf(state.Log), IsTrial: true) };
    }

    /// <summary>Judges who asks for a promise.</summary>
    public static RecordOutput Judge(RecordState state, RecordInput.PromiseAsked asked, TimeSpan now, RecordRules rules)
    {
        // A leader that is heard is not replaced: who does not hear it, was cut off from it.
        var hears = state.Leads || (state.HeardAt is { } heard && now - heard < rules.Patience);
        var hasAll = asked.Last.CompareTo(Position.EndOf(state.Log)) >= 0;
        if (asked.IsTrial || hears)
        {
            return new(state) { Promise = new(asked.IsTrial && !hears && hasAll, state.Promised) };
        }

        if (asked.Term < state.Promised || (asked.Term == state.Promised && state.PromisedTo != asked.From))
        {
            return new(state) { Promise = new(IsGiven: false, state.Promised) };
        }

        var next = asked.Term == state.Promised
            ? state
            : RecordCore.Follow(state, asked.Term, hasAll ? asked.From : "", now, rules) with
            {
                // Who has less must not keep the others from trying.
                TriesAt = hasAll ? now + rules.Patience + rules.PauseOf(state.Self, asked.Term, state.Tries) : state.TriesAt,
            };
        return new(next) { Promise = new(next.PromisedTo == asked.From, next.Promised) };
    }

    /// <summary>Counts an answer.</summary>
    public static RecordOutput Count(RecordState state, RecordInput.PromiseAnswered answered, TimeSpan now, RecordRules rules)
    {
        if (answered.IsTrial)
        {
            if (state.Role != RecordRole.Trying || answered.Asked != state.Promised + 1)
            {
                return new(state);
            }

            var tried = state with
            {
                HighestHeard = Math.Max(state.HighestHeard, answered.Promised),
                Votes = answered.IsGiven ? state.Votes.Add(answered.From) : state.Votes,
            };
            return tried.HasVotes ? Stand(tried, now) : new(tried);
        }

        if (answered.Promised > state.Promised)
        {
            return new(RecordCore.Follow(state, answered.Promised, "", now, rules) with { TriesAt = state.TriesAt });
        }

        if (state.Role != RecordRole.Candidate || answered.Asked != state.Promised || !answered.IsGiven)
        {
            return new(state);
        }

        var voted = state with { Votes = state.Votes.Add(answered.From) };
        return voted.HasVotes ? RecordLeading.Begin(voted, now) : new(voted);
    }

    /// <summary>A majority would promise: it asks for the promises, of a term that none of them has given.</summary>
    private static RecordOutput Stand(RecordState state, TimeSpan now)
    {
        var standing = state with
        {
            Role = RecordRole.Candidate,
            Promised = Math.Max(state.Promised, state.HighestHeard) + 1,
            PromisedTo = state.Self,
            Votes = [state.Self],
        };
        return standing.HasVotes
            ? RecordLeading.Begin(standing, now)
            : new(standing) { Asks = new(state.Self, standing.Promised, Position.EndOf(standing.Log), IsTrial: false) };
    }
}
