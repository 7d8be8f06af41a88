using Backprop.Coordinator.Diagnostics;
using Microsoft.Extensions.Logging;

namespace Backprop.Coordinator.Cli;

/// <summary>What the engines of a run that people watch are given.</summary>
/// <param name="Log">Where lines go.</param>
/// <param name="Workers">Told of workers' coming and going.</param>
/// <param name="Status">What the run does.</param>
/// <param name="Folder">Where its record is, once that is chosen.</param>
internal sealed record RunWatch(ILogger Log, WorkerLog Workers, IStatusSource Status, Func<string?> Folder);
