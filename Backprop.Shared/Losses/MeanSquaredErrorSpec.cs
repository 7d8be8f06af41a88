using System.Runtime.CompilerServices;
using Backprop.Shared.Kernels;
using Backprop.Shared.Kernels.Operators;
using Backprop.Shared.Primitives;
using Backprop.Shared.Tensors;

namespace Backprop.Shared.Losses;

/// <summary>
/// The mean squared error over a sample's outputs: loss = sum of (y - t)² / width, gradient = 2 (y - t) / width, for targets t as wide as
/// the outputs y. The sum has sixteen lanes, as every row sum.
/// </summary>
[Kind("mse")]
public sealed record MeanSquaredErrorSpec : LossSpec
{
    private const int PieceElements = 1024;

    /// <inheritdoc/>
    public override bool TakesLabels => false;

    /// <inheritdoc/>
    [SkipLocalsInit]
    public override void Compute(ReadOnlySpan<float> outputs, Targets targets, Span<float> losses, Span<float> gradient)
    {
        var width = LossArguments.Width("The mean squared error", outputs, losses, gradient);
        if (targets.Values.Length != outputs.Length)
        {
            throw new ShapeException("The mean squared error", $"targets of {outputs.Length} values", $"{targets.Values.Length}");
        }

        Span<float> squares = stackalloc float[PieceElements];
        var blockRows = Math.Max(1, PieceElements / width);
        for (var row = 0; row < losses.Length; row += blockRows)
        {
            var rows = Math.Min(blockRows, losses.Length - row);
            var y = outputs.Slice(row * width, rows * width);
            var t = targets.Values.Slice(row * width, rows * width);
            var block = losses.Slice(row, rows);
            if (width > PieceElements)
            {
                block[0] = SumInPieces(y, t, squares);
            }
            else
            {
                Traversal.Binary(default(SquaredDifferenceOperator), y, t, squares[..y.Length]);
                Reductions.RowSums(squares[..y.Length], width, block);
            }

            foreach (ref var loss in block)
            {
                loss /= width;
            }
        }

        if (!gradient.IsEmpty)
        {
            Traversal.Binary(new Derivative(width), outputs, targets.Values, gradient);
        }
    }

    private static float SumInPieces(ReadOnlySpan<float> y, ReadOnlySpan<float> t, Span<float> squares)
    {
        var lanes = default(Lanes);
        for (var start = 0; start < y.Length; start += squares.Length)
        {
            var length = Math.Min(squares.Length, y.Length - start);
            Traversal.Binary(default(SquaredDifferenceOperator), y.Slice(start, length), t.Slice(start, length), squares[..length]);
            lanes.Take<LaneSum>(squares, length, first: start == 0);
        }

        return lanes.Fold<LaneSum>();
    }

    private readonly struct Derivative(float width) : IBinaryOperator
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public TVector Apply<TWidth, TVector>(TVector x, TVector y)
            where TWidth : struct, IWidth<TVector>
            where TVector : struct
        {
            var difference = TWidth.Subtract(x, y);
            return TWidth.Divide(TWidth.Add(difference, difference), TWidth.Broadcast(width));
        }
    }
}
