using Backprop.Coordinator.Core;
using Backprop.Shared.Gradients;

namespace Backprop.Coordinator.Cluster;

/// <summary>
/// The results of evaluation blocks between their arrival and the fold; found by who sent them and what they answer. Receiving threads
/// leave them, whoever runs the core takes what counts and drops the rest.
/// </summary>
/// <param name="fold">Where those that count go; null: there is nothing to evaluate on.</param>
/// <param name="blocks">How many blocks an evaluation has.</param>
internal sealed class EvaluationResults(EvaluationFold? fold, int blocks)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<(WorkerId Worker, Assignment Assignment), double[]> _arrived = [];

    /// <summary>How many numbers the results of so many blocks are; 0 where nobody could have been given so many.</summary>
    public int SumsOf(int count) => fold is not null && count > 0 && count <= blocks ? count * fold.Width : 0;

    /// <summary>Results have arrived.</summary>
    public void Add(WorkerId worker, in Assignment assignment, double[] sums)
    {
        lock (_gate)
        {
            _arrived[(worker, assignment)] = sums;
        }
    }

    /// <summary>Results count.</summary>
    /// <exception cref="InvalidOperationException">They are not there.</exception>
    public void Take(WorkerId worker, in Assignment assignment)
    {
        lock (_gate)
        {
            if (!_arrived.Remove((worker, assignment), out var sums))
            {
                throw new InvalidOperationException(
                    $"The results of {worker} for evaluation blocks {assignment.First} to {assignment.End - 1} are not there.");
            }

            sums.CopyTo(fold!.Sums(assignment.First, assignment.Count));
        }
    }

    /// <summary>The core has judged an answer: where it did not take it, it is dropped.</summary>
    public void DropIfNotTaken(WorkerId worker, in Assignment assignment)
    {
        lock (_gate)
        {
            _arrived.Remove((worker, assignment));
        }
    }

    /// <summary>The mean loss, then each metric, once every block has been taken.</summary>
    public double[] Means() => fold!.Means();
}
