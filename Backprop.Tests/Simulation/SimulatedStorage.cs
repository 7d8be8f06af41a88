using Backprop.Coordinator.Core;
using Backprop.Shared.Gradients;

namespace Backprop.Tests.Simulation;

/// <summary>
/// What survives a crash of the coordinator: the newest durable checkpoint, and the ledger. It compares every line with the undisturbed
/// run as it is written, so that an error is found in the step in which it happens.
/// </summary>
internal sealed class SimulatedStorage(SwarmOptions options, ReferenceRun reference, SimulatedModel model, Sabotage sabotage)
{
    private readonly List<AcceptedSpan[]> _ledger = [];
    private readonly HashSet<int> _evaluated = [];

    /// <summary>The completed steps of the newest durable checkpoint; 0: there is none, and a run begins anew.</summary>
    public int DurableStep { get; private set; }

    public Triple DurableWeights { get; private set; } = SimulatedModel.InitialWeights;

    /// <summary>True where the evaluation of the durable checkpoint was never written down.</summary>
    public bool OwesEvaluation => options.Rules.EvaluatesAfter(DurableStep) && !_evaluated.Contains(DurableStep);

    /// <summary>What a run does first: it cuts the ledger back to its checkpoint.</summary>
    public void Resume()
    {
        if (sabotage != Sabotage.LedgerNotCut)
        {
            _ledger.RemoveRange(DurableStep, _ledger.Count - DurableStep);
        }
    }

    public void Append(int step, ReadOnlySpan<AcceptedSpan> answers, Triple weights)
    {
        Require(step == _ledger.Count + 1, $"step {step} was committed after step {_ledger.Count}");
        Require(weights.HasBitsOf(reference.WeightsAfter(step)), $"step {step} ended in {weights}, not in {reference.WeightsAfter(step)}");
        _ledger.Add(answers.ToArray());
    }

    public void MakeDurable(int step, Triple weights)
    {
        Require(step <= _ledger.Count, $"checkpoint {step} is ahead of the ledger, which ends at {_ledger.Count}");
        Require(weights.HasBitsOf(reference.WeightsAfter(step)), $"checkpoint {step} holds {weights}");
        if (step >= DurableStep)
        {
            DurableStep = step;
            DurableWeights = weights;
        }
    }

    public void AddEvaluation(int step, ReadOnlySpan<double> blocks)
    {
        Require(options.Rules.EvaluatesAfter(step), $"nobody wanted an evaluation after step {step}");
        for (var block = 0; block < blocks.Length; block++)
        {
            var expected = SimulatedModel.BlockValue(block, reference.WeightsAfter(step));
            var value = blocks[block];
            Require(value.Equals(expected), $"block {block} of the evaluation after step {step} is {value}, not {expected}");
        }

        _evaluated.Add(step);
    }

    /// <summary>What must hold when every step is done.</summary>
    public void CheckComplete()
    {
        var rules = options.Rules;
        Require(DurableStep == rules.Steps, $"the newest durable checkpoint is {DurableStep}");
        Require(_ledger.Count == rules.Steps, $"the ledger has {_ledger.Count} lines");
        for (var step = 1; step <= rules.Steps; step++)
        {
            Require(!rules.EvaluatesAfter(step) || _evaluated.Contains(step), $"the evaluation after step {step} is missing");
        }

        CheckSamples();
    }

    /// <summary>Every sample of an epoch is in exactly one accepted answer; of one that ended early, in one at most.</summary>
    private void CheckSamples()
    {
        var rules = options.Rules;
        var seen = new int[rules.Samples];
        for (var step = 1; step <= _ledger.Count; step++)
        {
            foreach (var answer in _ledger[step - 1])
            {
                var place = ShardSpan.PlaceOf(answer.Span.First, rules.Shards, rules.SamplesOf(step));
                var end = ShardSpan.PlaceOf(answer.Span.End, rules.Shards, rules.SamplesOf(step));
                for (; place < end; place++)
                {
                    seen[model.SampleAt(step, place)]++;
                }
            }

            if (step % rules.StepsPerEpoch == 0)
            {
                Require(!seen.AsSpan().ContainsAnyExcept(1), $"the epoch that ends with step {step} has a sample not exactly once");
                Array.Clear(seen);
            }
        }

        Require(!seen.AsSpan().ContainsAnyExceptInRange(0, 1), "the last epoch has a sample more than once");
    }

    private static void Require(bool holds, string violation)
    {
        if (!holds)
        {
            throw new SimulationFailure(violation);
        }
    }
}
