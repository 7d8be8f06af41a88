using Backprop.Coordinator.Embedded;

namespace Backprop.Coordinator.Progress;

/// <summary>What people see of a run, on stderr. Called in a step's path, from any thread, and from several.</summary>
internal interface IProgressDisplay
{
    /// <summary>A step is committed. Shows it if it is time to.</summary>
    void Step(in StepReport step, double samplesPerSecond);

    /// <summary>An evaluation is complete.</summary>
    void Evaluated(int step, int epoch, IReadOnlyDictionary<string, double> results, bool best);

    /// <summary>A checkpoint is durable.</summary>
    void Durable(long step, string path);

    /// <summary>A checkpoint could not be written; it will be tried again.</summary>
    void NotDurable(long step, string reason);

    /// <summary>Something else to know.</summary>
    void Said(string line);
}
