namespace Backprop.Tests.Simulation;

/// <summary>A run broke a promise. The message is the whole bug report: what, where, and the command that shows it again.</summary>
internal sealed class SimulationFailure(string message) : Exception(message);
