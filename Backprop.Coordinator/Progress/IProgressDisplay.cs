using Backprop.Coordinator.Training;
using Backprop.Shared.Checkpoints;

namespace Backprop.Coordinator.Progress;

/// <summary>What people see of a run. Called in a step's path, from any thread, and from several.</summary>
internal interface IProgressDisplay
{
    /// <summary>A step is committed.</summary>
    void Step(in StepReport step);

    /// <summary>An evaluation is complete.</summary>
    void Evaluated(Evaluation evaluation, bool best);

    /// <summary>A checkpoint is durable.</summary>
    void Durable(long step, string path);

    /// <summary>A checkpoint could not be written; it will be tried again. Told once until one is durable.</summary>
    void NotDurable(long step, string reason);

    /// <summary>Something else to know.</summary>
    void Said(string line);

    /// <summary>Something that looks like a mistake or a fault.</summary>
    void Warned(string line);
}
