using Backprop.Shared.Tensors;

namespace Backprop.Shared.Formats;

/// <summary>A tensor where a file takes it from or puts it: no copy of its own.</summary>
/// <param name="Name">As in the file: <c>layers.0.weight</c>.</param>
/// <param name="Shape">The exported shape, row-major.</param>
/// <param name="Values">As many as the shape's volume.</param>
internal sealed record NamedTensor(string Name, Shape Shape, Memory<float> Values);
