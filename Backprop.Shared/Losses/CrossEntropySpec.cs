using System.Runtime.CompilerServices;
using Backprop.Shared.Kernels;
using Backprop.Shared.Kernels.Operators;
using Backprop.Shared.Primitives;

namespace Backprop.Shared.Losses;

/// <summary>
/// Cross-entropy of the softmax of logits, for class labels: loss = log(sum of e^(x - max)) - (x[label] - max), gradient = softmax(x) -
/// one-hot(label). The maximum is taken away first, so no logit overflows. The sum has sixteen lanes, as every row sum.
/// </summary>
[Kind("cross-entropy")]
public sealed record CrossEntropySpec : LossSpec
{
    private const int BlockRows = 64;
    private const int PieceElements = 1024;

    /// <inheritdoc/>
    public override bool TakesLabels => true;

    /// <inheritdoc/>
    [SkipLocalsInit]
    public override void Compute(ReadOnlySpan<float> outputs, Targets targets, Span<float> losses, Span<float> gradient)
    {
        var width = LossArguments.Width("The cross-entropy loss", outputs, losses, gradient);
        LossArguments.RequireLabels(targets.Labels, losses.Length, width);
        Span<float> sumsOfBlock = stackalloc float[BlockRows];

        // Without a gradient to work in, the powers of a few rows, or of a piece of a long one, stand on the stack.
        var evaluating = gradient.IsEmpty;
        Span<float> piece = stackalloc float[evaluating ? PieceElements : 0];
        var blockRows = evaluating ? Math.Clamp(PieceElements / width, 1, BlockRows) : BlockRows;
        for (var row = 0; row < losses.Length; row += blockRows)
        {
            var rows = Math.Min(blockRows, losses.Length - row);
            var sums = sumsOfBlock[..rows];
            var block = losses.Slice(row, rows);
            var logits = outputs.Slice(row * width, rows * width);
            Reductions.RowMaxima(logits, width, block);
            if (evaluating && width > PieceElements)
            {
                sums[0] = SumInPieces(logits, block[0], piece);
            }
            else
            {
                var powers = evaluating ? piece[..logits.Length] : gradient.Slice(row * width, logits.Length);
                RowTraversal.Binary(default(ExpDifferenceOperator), logits, block, width, powers);
                Reductions.RowSums(powers, width, sums);
                if (!evaluating)
                {
                    Differentiate(powers, sums, targets.Labels.Slice(row, rows), width);
                }
            }

            Traversal.Unary(default(LogOperator), sums, sums);
            for (var i = 0; i < rows; i++)
            {
                block[i] = sums[i] - (logits[(i * width) + targets.Labels[row + i]] - block[i]);
            }
        }
    }

    private static void Differentiate(Span<float> powers, ReadOnlySpan<float> sums, ReadOnlySpan<int> labels, int width)
    {
        RowTraversal.Binary(default(DivideOperator), powers, sums, width, powers);
        for (var i = 0; i < labels.Length; i++)
        {
            powers[(i * width) + labels[i]] -= 1f;
        }
    }

    private static float SumInPieces(ReadOnlySpan<float> logits, float maximum, Span<float> piece)
    {
        var lanes = default(Lanes);
        for (var start = 0; start < logits.Length; start += piece.Length)
        {
            var length = Math.Min(piece.Length, logits.Length - start);
            var part = logits.Slice(start, length);
            RowTraversal.Binary(default(ExpDifferenceOperator), part, new ReadOnlySpan<float>(in maximum), length, piece[..length]);
            lanes.Take<LaneSum>(piece, length, first: start == 0);
        }

        return lanes.Fold<LaneSum>();
    }
}
