using Backprop.Coordinator.Core;

namespace Backprop.Tests.Simulation;

/// <summary>How a run ended.</summary>
internal readonly record struct SimulationResult(
    RunOutcome Outcome,
    int Completed,
    int Sessions,
    long Events,
    ulong JournalHash,
    Triple Weights,
    NetworkCounts Network,
    (long All, long Answers) Strays);
