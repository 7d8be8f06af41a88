using Backprop.Shared.Gradients;

namespace Backprop.Coordinator.Core;

/// <summary>An assignment that a worker has been given and has not answered.</summary>
/// <param name="Worker">Who has it.</param>
/// <param name="Assignment">What it is to compute.</param>
internal readonly record struct GivenAssignment(WorkerId Worker, Assignment Assignment);
