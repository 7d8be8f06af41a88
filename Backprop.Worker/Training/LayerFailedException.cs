using Backprop.Shared.Primitives;

namespace Backprop.Worker.Training;

/// <summary>A layer, or the loss, threw: which one, at which step, on which sample.</summary>
internal sealed class LayerFailedException(string layer, long step, string sample, Exception inner)
    : UserException(ExitCode.Unexpected, $"{layer} failed at step {step} on {sample}: {inner.GetType().Name}: {inner.Message.TrimEnd('.')}; mend the layer or the sample.", inner);
