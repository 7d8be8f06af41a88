using Backprop.Shared.Primitives;
using Backprop.Shared.Tensors;

namespace Backprop.Shared.Losses;

/// <summary>What every loss asks of its arguments before it reads a number.</summary>
internal static class LossArguments
{
    /// <summary>The width of a row.</summary>
    /// <exception cref="ShapeException">The outputs are no whole rows, or the gradient has another size.</exception>
    public static int Width(string loss, ReadOnlySpan<float> outputs, ReadOnlySpan<float> losses, ReadOnlySpan<float> gradient)
    {
        var width = losses.IsEmpty ? 1 : outputs.Length / losses.Length;
        if (width * losses.Length != outputs.Length || width == 0)
        {
            throw new ShapeException(loss, $"whole rows of outputs for {losses.Length} losses", $"{outputs.Length} outputs");
        }

        if (!gradient.IsEmpty && gradient.Length != outputs.Length)
        {
            throw new ShapeException(loss, $"a gradient of {outputs.Length} elements or none", $"{gradient.Length}");
        }

        return width;
    }

    /// <summary>Throws where there is not one label a row, or one outside the outputs.</summary>
    public static void RequireLabels(ReadOnlySpan<int> labels, int rows, int width)
    {
        if (labels.Length != rows)
        {
            throw new ShapeException("The cross-entropy loss", $"{rows} labels", $"{labels.Length}");
        }

        foreach (var label in labels)
        {
            if ((uint)label >= (uint)width)
            {
                throw new UserException(
                    ExitCode.Usage,
                    $"A sample has the label {label}, but the model has {width} outputs, for the labels 0 to {width - 1}; " +
                    "widen the last layer or mend the data.");
            }
        }
    }
}
