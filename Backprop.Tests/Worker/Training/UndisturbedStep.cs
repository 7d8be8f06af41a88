using Backprop.Worker.Training;

namespace Backprop.Tests.Worker.Training;

/// <summary>A step whose weights are all there, and that nobody abandons.</summary>
internal sealed class UndisturbedStep : IStepProgress
{
    public bool AwaitWeights(int end) => true;

    public bool GradientReady(int start) => true;
}
