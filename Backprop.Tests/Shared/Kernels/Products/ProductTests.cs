using Backprop.Shared.Gradients;
using Backprop.Shared.Kernels.Products;
using Backprop.Shared.Layers;
using Backprop.Shared.Tensors;

namespace Backprop.Tests.Shared.Kernels.Products;

/// <summary>Contract 2.5, against its own words: one chain of fused multiply-adds over ascending k from +0.0, then the tree.</summary>
public sealed unsafe class ProductTests
{
    private const float Untouched = 12345.678f;

    public static TheoryData<int, int, int> Sizes => new()
    {
        { 1, 1, 1 }, { 2, 3, 5 }, { 12, 32, 16 }, { 13, 33, 17 }, { 11, 31, 1 }, { 64, 10, 64 }, { 25, 16, 40 },
        { 7, 100, 513 }, { 37, 70, 1100 }, { 3, 1025, 9 }, { 40, 64, 1024 },
        { 12, 32, 15 }, { 24, 64, 32 }, { 30, 96, 47 }, { 28, 40, 49 }, { 36, 36, 36 },
    };

    [Theory]
    [MemberData(nameof(Sizes))]
    public void EveryLayout_IsOneChainOverAscendingK(int m, int n, int k)
    {
        foreach (var aAlong in new[] { true, false })
        {
            foreach (var bAlong in new[] { true, false })
            {
                var (a, b) = (Values(m * k, 1), Values(n * k, 2));

                var c = Run(a, b, m, n, k, aAlong, bAlong, [k], [0], (0, n));

                for (var i = 0; i < m; i++)
                {
                    for (var j = 0; j < n; j++)
                    {
                        var expected = 0f;
                        for (var l = 0; l < k; l++)
                        {
                            expected = MathF.FusedMultiplyAdd(Element(a, i, l, m, k, aAlong), Element(b, j, l, n, k, bAlong), expected);
                        }

                        Bits(c[(i * n) + j]).ShouldBe(Bits(expected), $"({i}, {j}) of {m}x{n}x{k}, {aAlong}/{bAlong}");
                    }
                }
            }
        }
    }

    [Theory]
    [InlineData(8, 8)]
    [InlineData(3, 8)]
    [InlineData(8, 5)]
    [InlineData(1, 16)]
    [InlineData(16, 61)]
    public void Shards_AreChainsOfTheirOwnFoldedByTheTree(int shards, int rows)
    {
        const int M = 15, N = 50;
        var count = (int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)shards);
        var (a, b) = (Steep(M * rows, 3), Steep(N * rows, 4));
        var (lengths, folds) = Cut(rows, count);

        var c = Run(a, b, M, N, rows, false, false, lengths, folds, (0, N));

        for (var i = 0; i < M; i++)
        {
            for (var j = 0; j < N; j++)
            {
                var expected = Fold(new ShardSpan(0, count), span =>
                {
                    var (from, to) = (ShardSpan.PlaceOf(span.First, count, rows), ShardSpan.PlaceOf(span.End, count, rows));
                    float? sum = from == to ? null : 0f;
                    for (var l = from; l < to; l++)
                    {
                        sum = MathF.FusedMultiplyAdd(a[(l * M) + i], b[(l * N) + j], sum!.Value);
                    }

                    return sum;
                });
                Bits(c[(i * N) + j]).ShouldBe(Bits(expected!.Value));
            }
        }
    }

    [Fact]
    public void AnySplitOfTheOutputs_GivesTheSameBits()
    {
        const int M = 50, N = 130, K = 700;
        var (a, b) = (Values(M * K, 5), Values(N * K, 6));
        var whole = Run(a, b, M, N, K, true, true, [K], [0], (0, N));

        foreach (var parts in new[] { 2, 3, 4, 9 })
        {
            var pieces = new (int, int)[parts];
            for (var part = 0; part < parts; part++)
            {
                pieces[part] = Backprop.Shared.Primitives.PartRange.Of(N, Product.ColumnAlignment, part, parts);
            }

            Run(a, b, M, N, K, true, true, [K], [0], pieces).ShouldBe(whole);
        }
    }

    [Fact]
    public void ColumnSums_RunDownTheRowsOfEachShardAndAreFolded()
    {
        const int Columns = 75, Rows = 29, Shards = 8;
        var values = Steep(Rows * Columns, 7);
        var (lengths, folds) = Cut(Rows, Shards);
        var (sums, scratch) = (new float[Columns], new float[ColumnSums.ScratchFloats(Columns, Shards)]);

        fixed (float* v = values, s = sums, w = scratch)
        fixed (int* l = lengths, f = folds)
        {
            ColumnSums.Run(v, Columns, Columns, new Segments(l, f, lengths.Length), s, w);
        }

        for (var j = 0; j < Columns; j++)
        {
            var expected = Fold(new ShardSpan(0, Shards), span =>
            {
                var (from, to) = (ShardSpan.PlaceOf(span.First, Shards, Rows), ShardSpan.PlaceOf(span.End, Shards, Rows));
                float? sum = from == to ? null : 0f;
                for (var row = from; row < to; row++)
                {
                    sum += values[(row * Columns) + j];
                }

                return sum;
            });
            Bits(sums[j]).ShouldBe(Bits(expected!.Value));
        }
    }

    [Fact]
    public void Stores_AddTheBiasAfterTheChainThenActivate()
    {
        const int M = 20, N = 45, K = 30;
        var (a, b, bias) = (Values(M * K, 8), Values(N * K, 9), Values(N, 10));
        var plain = Run(a, b, M, N, K, true, true, [K], [0], (0, N));
        var relu = new Activation<Relu>("relu", new Shape(N));
        var c = new float[M * N];
        var workspace = new float[Product.WorkspaceFloats(M, N, K, false)];
        var (length, fold) = (K, 0);

        fixed (float* pa = a, pb = b, pc = c, pw = workspace, side = bias)
        {
            relu.RunForward(new ProductCall
            {
                A = Operand.AlongRows(pa, K),
                B = Operand.AlongRows(pb, K),
                Rows = M,
                Columns = N,
                Segments = new Segments(&length, &fold, 1),
                C = pc,
                Stride = N,
                Side = side,
                Workspace = pw,
            });
        }

        for (var i = 0; i < c.Length; i++)
        {
            var expected = plain[i] + bias[i % N];
            Bits(c[i]).ShouldBe(Bits(expected < 0 ? 0 : expected));
        }
    }

    private static float[] Run(
        float[] a,
        float[] b,
        int m,
        int n,
        int k,
        bool aAlong,
        bool bAlong,
        int[] lengths,
        int[] folds,
        params (int First, int Count)[] pieces)
    {
        var c = new float[m * n];
        Array.Fill(c, float.NaN);
        var room = Product.WorkspaceFloats(m, n, k, true);
        var workspace = new float[room + 64];
        workspace.AsSpan(room).Fill(Untouched);
        fixed (float* pa = a, pb = b, pc = c, pw = workspace)
        fixed (int* pl = lengths, pf = folds)
        {
            foreach (var (first, count) in pieces)
            {
                Product.Run<StorePlain>(new ProductCall
                {
                    A = aAlong ? Operand.AlongRows(pa, k) : Operand.DownColumns(pa, m),
                    B = bAlong ? Operand.AlongRows(pb, k) : Operand.DownColumns(pb, n),
                    Rows = m,
                    ColumnFirst = first,
                    Columns = count,
                    Segments = new Segments(pl, pf, lengths.Length),
                    C = pc,
                    Stride = n,
                    Workspace = pw,
                });
            }
        }

        workspace.AsSpan(room).IndexOfAnyExcept(Untouched).ShouldBe(-1, "more than the workspace was written");
        return c;
    }

    private static (int[] Lengths, int[] Folds) Cut(int rows, int shards)
    {
        var (lengths, leaves) = (new List<int>(), new List<ShardSpan>());
        for (var shard = 0; shard < shards; shard++)
        {
            var length = ShardSpan.PlaceOf(shard + 1, shards, rows) - ShardSpan.PlaceOf(shard, shards, rows);
            if (length > 0)
            {
                lengths.Add(length);
                leaves.Add(new ShardSpan(shard, 1));
            }
        }

        var folds = new int[leaves.Count];
        ReductionTree.Program(leaves.ToArray(), new ShardSpan(0, shards), folds);
        return ([.. lengths], folds);
    }

    /// <summary>The tree in the contract's words: node = left + right, an empty side leaves the other as it is.</summary>
    private static float? Fold(ShardSpan node, Func<ShardSpan, float?> leaf)
    {
        if (node.Count == 1)
        {
            return leaf(node);
        }

        var (left, right) = (Fold(node.Left, leaf), Fold(node.Right, leaf));
        return left is { } l && right is { } r ? l + r : left ?? right;
    }

    private static float Element(float[] matrix, int i, int k, int count, int depth, bool along) =>
        along ? matrix[(i * depth) + k] : matrix[(k * count) + i];

    private static int Bits(float value) => BitConverter.SingleToInt32Bits(value);

    private static float[] Values(int count, uint seed)
    {
        var values = new float[count];
        for (var i = 0; i < count; i++)
        {
            seed = (seed * 1664525) + 1013904223;
            values[i] = ((int)seed >> 8) / (float)(1 << 23);
        }

        return values;
    }

    /// <summary>Values whose sum shows any change of order.</summary>
    private static float[] Steep(int count, uint seed)
    {
        var values = Values(count, seed);
        for (var i = 0; i < count; i++)
        {
            values[i] *= (i % 3) switch { 0 => 1e4f, 1 => 1f, _ => -1e4f };
        }

        return values;
    }
}
