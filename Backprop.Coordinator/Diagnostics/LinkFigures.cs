namespace Backprop.Coordinator.Diagnostics;

/// <summary>What a worker's connection has carried so far.</summary>
/// <param name="BytesSent">Bytes sent to the worker.</param>
/// <param name="BytesReceived">Bytes received from it.</param>
/// <param name="HeardAt">The time stamp (of the same clock as the board's) at which bytes came last.</param>
internal readonly record struct LinkFigures(long BytesSent, long BytesReceived, long HeardAt);
