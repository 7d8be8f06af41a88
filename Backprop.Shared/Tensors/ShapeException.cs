using Backprop.Shared.Primitives;

namespace Backprop.Shared.Tensors;

/// <summary>Shapes that do not fit: names the layer, what it expects and what came.</summary>
public sealed class ShapeException(string layer, string expected, string actual)
    : UserException(ExitCode.Usage, $"{layer} expects {expected}, but gets {actual}; change the layer or the one before it.");
