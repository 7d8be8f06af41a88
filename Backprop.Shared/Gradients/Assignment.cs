using System.Numerics;

namespace Backprop.Shared.Gradients;

/// <summary>What one worker is to compute: shards of a step, or blocks of an evaluation.</summary>
/// <param name="IsEvaluation">Blocks of an evaluation rather than shards of a step.</param>
/// <param name="Step">The step whose gradient is wanted, from 1; of an evaluation, the steps completed.</param>
/// <param name="First">The first shard or block.</param>
/// <param name="Count">How many.</param>
/// <param name="Attempt">Its number within the step or evaluation; no two are alike, so an answer to an earlier one is told apart.</param>
internal readonly record struct Assignment(bool IsEvaluation, int Step, int First, int Count, int Attempt)
{
    /// <summary>The number of completed steps whose weights it needs.</summary>
    public int Weights => IsEvaluation ? Step : Step - 1;

    /// <summary>One past the last shard or block.</summary>
    public int End => First + Count;

    /// <summary>The shards. Not known to be a node of the tree where it came from elsewhere.</summary>
    public ShardSpan Span => new(First, Count);

    /// <summary>Shards of a step.</summary>
    public static Assignment Shards(int step, ShardSpan span, int attempt) => new(false, step, span.First, span.Count, attempt);

    /// <summary>Blocks of an evaluation.</summary>
    /// <param name="completed">The steps whose weights are evaluated.</param>
    public static Assignment Blocks(int completed, int first, int count, int attempt) => new(true, completed, first, count, attempt);

    /// <summary>True where both name the same shards or blocks of the same step.</summary>
    public bool IsSameAs(in Assignment other) =>
        IsEvaluation == other.IsEvaluation && Step == other.Step && First == other.First && Count == other.Count;

    /// <summary>
    /// True where step, range and number are the same, be they shards or blocks: of one number the two are never there at once.
    /// </summary>
    public bool IsNumberedAs(in Assignment other) =>
        Step == other.Step && First == other.First && Count == other.Count && Attempt == other.Attempt;

    /// <summary>True where both have a shard or block in common.</summary>
    public bool Overlaps(in Assignment other) => First < other.End && other.First < End;

    /// <summary>Whether the shards are a node of the tree over so many shards. Numbers that came from elsewhere may be anything.</summary>
    public bool IsNodeOf(int shards) =>
        Count > 0 && BitOperations.IsPow2(Count) && First >= 0 && First % Count == 0 && First <= shards - Count;
}
