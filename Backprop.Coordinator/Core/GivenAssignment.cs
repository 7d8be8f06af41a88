namespace Backprop.Coordinator.Core;

/// <summary>Some units of work (shards of a step, blocks of an evaluation) that a worker has been given and has not answered.</summary>
/// <param name="Worker">Who has it.</param>
/// <param name="First">The first unit.</param>
/// <param name="Count">How many units.</param>
/// <param name="Attempt">Its number within the step; no two are alike, so that an answer to an earlier one is told apart.</param>
internal readonly record struct GivenAssignment(int Worker, int First, int Count, int Attempt)
{
    /// <summary>One past the last unit.</summary>
    public int End => First + Count;

    /// <summary>True where both contain a unit.</summary>
    public bool Overlaps(int first, int count) => First < first + count && first < End;
}
