using Backprop.Shared.Primitives;

namespace Backprop.Worker.Training;

/// <summary>A layer, or the loss, threw: which one, at which step, on which sample.</summary>
internal sealed class LayerFailedException(string layer, long step, string sample, Exception inner)
    : UserException(
        ExitCode.Unexpected,
        $"{layer} failed at step {step} on {sample}: {inner.GetType().Name}: {OneLine(inner.Message)}; mend the layer or the sample.",
        inner)
{
    private static string OneLine(string message) => message.ReplaceLineEndings(" ").TrimEnd('.', ' ');
}
